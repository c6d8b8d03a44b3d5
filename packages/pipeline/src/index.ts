export { openPipeline } from './open-pipeline.js';
export { findIndex } from './parts/folder.js';
export type {
  OpenPipelineOptions,
  Pipeline,
  PipelineInputs,
  PreparedModel,
  PrepareOptions,
} from './pipeline.js';
