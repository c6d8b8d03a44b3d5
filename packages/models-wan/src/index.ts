export { type WanConfig, type WanTraits, wanConfig } from './config.js';
export { type ImageConditionOptions, imageCondition } from './given.js';
export { diffusersName } from './keys.js';
export { type OpenWanOptions, openWan } from './open-wan.js';
export { WAN_PRESETS } from './presets.js';
export { configOfSize, WAN_SIZES, type WanSize } from './sizes.js';
export { wanTransformer } from './transformer.js';
