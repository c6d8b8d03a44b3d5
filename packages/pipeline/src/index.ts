export { openPipeline, pipelineOf } from './open-pipeline.js';
export { findIndex, isWhole } from './parts/folder.js';
export type {
  OpenPipelineOptions,
  Pipeline,
  PipelineInputs,
  PreparedModel,
  PrepareOptions,
} from './pipeline.js';
