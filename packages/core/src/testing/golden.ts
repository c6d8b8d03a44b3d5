/**
 * Golden folders: opening them, comparing with them, and the contract by which adapters and plugins say what
 * they can verify.
 */
export { type CaptureOptions, captureStations, PREDICTION } from './golden/capture-stations.js';
export { checkGolden } from './golden/check-golden.js';
export { checkSchedule } from './golden/check-schedule.js';
export { chooseVerifier } from './golden/choose-verifier.js';
export { compare, isMiss, missed } from './golden/compare.js';
export { editedGolden, type GoldenEdits, type TensorEdit } from './golden/edited-golden.js';
export { type Floats, floatInput, floatsOf, gridOf, pinnedFrames, sample } from './golden/floats.js';
export type * from './golden/golden.js';
export type { GoldenMethod, PreparedMethod } from './golden/golden-method.js';
export {
  type GoldenSchedule,
  type GridFields,
  goldenSchedule,
  gridFields,
} from './golden/golden-schedule.js';
export { GOLDEN_THREADS, goldenSettings } from './golden/golden-settings.js';
export { openGolden } from './golden/open-golden.js';
export { parseFields } from './golden/parse-fields.js';
export { type RecordOptions, recordPredictions } from './golden/record-predictions.js';
export { recorded } from './golden/recorded.js';
export { scheduleVerifier } from './golden/schedule-verifier.js';
export { type TapNames, type TapStations, tapStations } from './golden/tap-stations.js';
export { verifyGolden } from './golden/verify-golden.js';
