export { type DriftOptions, type DriftState, driftRule } from './drift-policy.js';
export { type Arguments, fromArguments } from './from-arguments.js';
export { GALAXY_DIT, galaxyCache } from './galaxy-cache.js';
export type { GalaxyCacheOptions } from './options.js';
export {
  type SpeedController,
  type SpeedState,
  type SpeedTarget,
  speedController,
} from './speed-controller.js';
