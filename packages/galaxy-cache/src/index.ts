export {
  type DriftDecision,
  type DriftOptions,
  type DriftProbe,
  type DriftReason,
  type DriftRule,
  type DriftState,
  driftRule,
  type Warmup,
} from './drift-policy.js';
export { type Arguments, fromArguments } from './from-arguments.js';
export { GALAXY_DIT, galaxyCache } from './galaxy-cache.js';
export type { GalaxyCacheOptions } from './options.js';
export {
  type SpeedController,
  type SpeedState,
  type SpeedTarget,
  speedController,
} from './speed-controller.js';
