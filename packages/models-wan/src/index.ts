export { type WanConfig, wanConfig } from './config.js';
export { diffusersName, isOriginalLayout } from './keys.js';
export { patchify, unpatchify } from './patch.js';
export { wanTransformer } from './transformer.js';
