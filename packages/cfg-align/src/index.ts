export { cachedGuidance } from './cached-guidance.js';
export { CACHED_GUIDANCE_DEFAULTS, type CachedGuidanceOptions } from './cached-guidance-options.js';
export { type CfgAlignOptions, cfgAlign } from './cfg-align.js';
export * from './from-arguments.js';
export { type GuidanceIntervalOptions, guidanceInterval } from './guidance-interval.js';
