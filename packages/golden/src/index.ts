/**
 * Golden folders: opening them, comparing with them, and the contract by which adapters and plugins say what
 * they can verify.
 */
export { type AddLoras, atStrengths, loraField } from './at-strengths.js';
export { type CaptureOptions, captureStations, PREDICTION } from './capture-stations.js';
export { checkGolden } from './check-golden.js';
export { checkSchedule } from './check-schedule.js';
export { chooseVerifier } from './choose-verifier.js';
export { compare, isMiss, missed } from './compare.js';
export { editedGolden, type GoldenEdits, type TensorEdit } from './edited-golden.js';
export { type Floats, floatInput, floatsOf, gridOf, pinnedFrames, sample, stacked } from './floats.js';
export { type CheckedLine, type FolderReport, isVerified, missesOf } from './folder-report.js';
export type * from './golden.js';
export type { GoldenMethod, PreparedMethod } from './golden-method.js';
export {
  type GoldenSchedule,
  type GridFields,
  goldenSchedule,
  gridFields,
} from './golden-schedule.js';
export { GOLDEN_THREADS, goldenSettings } from './golden-settings.js';
export { openGolden } from './open-golden.js';
export { parseFields } from './parse-fields.js';
export { type RecordOptions, recordPredictions } from './record-predictions.js';
export { recorded } from './recorded.js';
export { scheduleVerifier } from './schedule-verifier.js';
export { type TapNames, type TapStations, tapStations } from './tap-stations.js';
export { type VerifyListener, verifyFolder } from './verify-folder.js';
export { type VerifyRequest, verifyFolders } from './verify-folders.js';
export { verifyGolden } from './verify-golden.js';
