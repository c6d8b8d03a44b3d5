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
export { diffusersName, isOriginalLayout } from './keys.js';
export { type OpenLtxOptions, openLtx } from './open-ltx.js';
export { LTX_PRESETS } from './presets.js';
export { ltxDistilled, ltxFlow } from './schedule.js';
export { configOfSize, LTX_SIZES, type LtxSize } from './sizes.js';
export { type LtxOptions, ltxTransformer } from './transformer.js';
