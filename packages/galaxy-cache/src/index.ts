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
