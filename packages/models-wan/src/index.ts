export { type WanConfig, wanConfig } from './config.js';
export { diffusersName, isOriginalLayout } from './keys.js';
export { type OpenWanOptions, openWan } from './open-wan.js';
export { patchify, unpatchify } from './patch.js';
export { wanTransformer } from './transformer.js';
