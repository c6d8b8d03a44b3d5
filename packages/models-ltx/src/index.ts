export { type LtxConfig, type LtxStream, ltxConfig } from './config.js';
export { diffusersName, isOriginalLayout } from './keys.js';
export { type LtxOptions, ltxTransformer } from './transformer.js';
