export { type LtxConfig, type LtxStream, ltxConfig } from './config.js';
export { type ConnectorsConfig, connectorsConfig } from './connectors/connectors-config.js';
export {
  type ConnectorRun,
  type PromptStates,
  type TextConnectors,
  textConnectors,
} from './connectors/open-connectors.js';
export { LTX_SCALES, type LtxGuidanceOptions, type LtxScales, ltxGuidance } from './guidance.js';
export { isLtx } from './is-ltx.js';
export { diffusersName } from './keys.js';
export { type OpenLtxOptions, openLtx } from './open-ltx.js';
export { LTX_PRESETS } from './presets.js';
export { ltxDistilled, ltxFlow } from './schedule.js';
export { configOfSize, LTX_SIZES, type LtxSize } from './sizes.js';
export { generateTwoStages } from './stages/generate-two-stages.js';
export { latentStatistics } from './stages/latent-statistics.js';
export { type OpenTwoStagesOptions, openLtxTwoStages, type TwoStages } from './stages/open-two-stages.js';
export { planStages } from './stages/plan-stages.js';
export { firstSize, sizeOf } from './stages/sizes-of-stages.js';
export type { SecondStageOptions, TwoStageOptions, TwoStageResult } from './stages/two-stage-options.js';
export { type LtxOptions, ltxTransformer } from './transformer.js';
export {
  type LatentUpsampler,
  type OpenUpsamplerOptions,
  openLatentUpsampler,
  type UpsampleOptions,
} from './upsampler/open-upsampler.js';
export type { Toning } from './upsampler/toning.js';
export { type UpsamplerConfig, upsamplerConfig } from './upsampler/upsampler-config.js';
