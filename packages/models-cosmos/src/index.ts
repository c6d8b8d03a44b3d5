export { type CosmosConfig, cosmosConfig } from './config.js';
export { isCosmos } from './is-cosmos.js';
export { diffusersName } from './keys.js';
export { type OpenCosmosOptions, openCosmos } from './open-cosmos.js';
export { COSMOS_PRESETS } from './presets.js';
export { COSMOS_SIZES, type CosmosSize, configOfSize } from './sizes.js';
export { type CosmosOptions, cosmosTransformer } from './transformer.js';
export { karrasFlow } from './usual.js';
