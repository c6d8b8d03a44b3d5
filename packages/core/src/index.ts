export { type AxialRotary, axialRotary, axisWidths } from './adapter/axial-rotary.js';
export { checkedConfig, checkedJson } from './adapter/checked-json.js';
export { type LatentSizes, latentGrid } from './adapter/latent-grid.js';
export { type MethodPresetsOptions, methodPresets } from './adapter/method-presets.js';
export { patchify, unpatchify } from './adapter/patch.js';
export { blocksOf, publishedSize } from './adapter/published-size.js';
export type { Checkpoint, Conversion, TensorEntry } from './checkpoint/checkpoint.js';
export { claimTensors } from './checkpoint/claims.js';
export {
  defaultFiles,
  makeTemporary,
  placeTemporary,
  removeTemporaries,
  removeTemporary,
  watchReads,
  withTemporary,
} from './checkpoint/default-files.js';
export type { Dtype } from './checkpoint/dtype.js';
export { type Files, withSource } from './checkpoint/files.js';
export { findTensor } from './checkpoint/find.js';
export {
  findPart,
  findTransformer,
  isTransformer,
  type PartFiles,
} from './checkpoint/find-transformer.js';
export { withoutKnownPrefix } from './checkpoint/known-prefixes.js';
export { renamed } from './checkpoint/layout.js';
export { openCheckpoint } from './checkpoint/open.js';
export { type OpenPart, type OpenPartOptions, openPart } from './checkpoint/open-part.js';
export { readBytes, readNumbers, readTensor } from './checkpoint/read.js';
export { readJson } from './checkpoint/read-json.js';
export { strictJson } from './checkpoint/strict-json.js';
export { type StreamedTensor, writeSafetensors } from './checkpoint/write.js';
export { writeError } from './checkpoint/write-error.js';
export { type ErrorLines, nearestName, SkipstoneError } from './error.js';
export { axisLengths } from './generate/axis-lengths.js';
export { firstFrames, pinFrames } from './generate/first-frames.js';
export { type GenerateResult, generate } from './generate/generate.js';
export { gridOf } from './generate/grid-of.js';
export { checkOptions, type GenerateOptions, type JsonOptions, jsonOptions } from './generate/options.js';
export {
  type GenerationPlan,
  guidanceScales,
  planGeneration,
  scheduleOf,
  usualSchedule,
  weightsOf,
} from './generate/plan-generation.js';
export { type PredictRequest, predict } from './generate/predict.js';
export { type Run, startRun } from './generate/run.js';
export {
  assertSameRun,
  type RunIdentity,
  readSavedRun,
  type SavedRunFile,
  writeSavedRun,
} from './generate/saved-run-file.js';
export { seededNoise } from './generate/start.js';
export type * from './generate/video-model.js';
export { type Lora, withLoras } from './generate/with-loras.js';
export { type OpenCausal, openCausal } from './graph/causal.js';
export { type OpenChain, openChain } from './graph/chain.js';
export { dumpGraph } from './graph/dump.js';
export {
  type LowRankFile,
  type LowRankOptions,
  withLowRank,
} from './graph/low-rank/with-low-rank.js';
export { type OpenModel, openModel } from './graph/model-weights.js';
export { recordPass } from './graph/pass-graph.js';
export type {
  AddedFile,
  AddedScale,
  Addition,
  Difference,
  EmitOptions,
  FusedOperator,
  KeyValueForm,
  LowRankAddition,
  WeightRef,
  WeightSource,
} from './graph/weights.js';
export { cfg } from './guidance/cfg.js';
export { only } from './guidance/only.js';
export { weighted } from './guidance/weighted.js';
export { type Decision, type Ledger, type PassRecord, parseLedger } from './ledger/ledger.js';
export { type DenoiseRequest, type DenoiseResult, denoise } from './loop/denoise.js';
export { type RunCausalOptions, runCausal } from './loop/run-causal.js';
export { type ChainRun, type RunChainOptions, runChain, runChains } from './loop/run-chain.js';
export type { RunMarks } from './loop/saved/run-marks.js';
export type { SavedRun } from './loop/saved/saved-run.js';
export type { RunEvent, Tell } from './loop/step/events.js';
export { assertFinite } from './loop/step/finite.js';
export { gaussianNoise as unitNoise } from './noise/gaussian-noise.js';
export { noiseFromFile } from './noise/noise-from-file.js';
export { type CausalPlan, type ChunkPlan, planCausal } from './plan/causal-plan.js';
export { type ChainPlan, type ChainSettings, planChain } from './plan/chain-plan.js';
export { type ComputedShare, computedShare } from './plan/computed-share.js';
export { explain } from './plan/explain.js';
export { makePlan, type PhaseRequest, type Plan, type PlanRequest, type PlanSettings } from './plan/plan.js';
export { type Computed, type Kept, type Look, type StepCache, stepCache } from './plugin/step-cache.js';
export {
  type Answer,
  forcedCount,
  forcedStep,
  type RunSteps,
  type Seen,
  type StepLimits,
  type StepRule,
  stepPolicy,
  type Warmup,
  warmupSteps,
} from './plugin/step-rule.js';
export { clearSidecars, listSidecars, type Sidecar, sidecarFolder, sidecarPaths } from './quantise/cache.js';
export { type BlockForm, DEFAULT_BLOCK } from './quantise/form.js';
export { type OpenWeightsOptions, openWeights } from './quantise/open-weights.js';
export {
  type QuantisedWeights,
  quantisedWeights,
  type SidecarOptions,
  type SidecarProgress,
} from './quantise/sidecar.js';
export { type DpmppOptions, dpmpp } from './sampler/dpmpp.js';
export { euler } from './sampler/euler.js';
export { type EulerAncestralOptions, eulerAncestral } from './sampler/euler-ancestral.js';
export { SAMPLER_NAMES, type SamplerName, samplers } from './sampler/samplers.js';
export { readScheduler, type Scheduler, type SchedulerCall } from './sampler/scheduler-config.js';
export { type UnipcOptions, unipc } from './sampler/unipc.js';
export { type FlowGridOptions, flowGrid } from './schedule/flow-grid.js';
export type { GridOptions } from './schedule/grid-options.js';
export { type KarrasOptions, karras, karrasLevels } from './schedule/karras.js';
export { assertKnownOptions } from './schedule/known-options.js';
export { linspace } from './schedule/levels.js';
export { type ScheduleName, scheduleNamed, schedules } from './schedule/schedules.js';
export { type ProfiledNode, type ReadProfileOptions, readProfile } from './session/profile.js';
export { assertQuantised } from './session/quantised-trial.js';
export { type SelfTest, selfTest } from './session/self-test.js';
export type * from './spec/causal.js';
export type * from './spec/chain.js';
export type * from './spec/given.js';
export type * from './spec/guidance.js';
export type * from './spec/kernel.js';
export { denormalised, type LatentStatistics, normalised } from './spec/latent-statistics.js';
export type * from './spec/model.js';
export type * from './spec/pass.js';
export * from './spec/plugin.js';
export type { MethodPresets, Preset } from './spec/preset.js';
export type * from './spec/sampler.js';
export type * from './spec/schedule.js';
export type * from './spec/tensor.js';
export type * from './spec/token-cache.js';
