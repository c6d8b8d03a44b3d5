export { type ChosenEntry, chooseEntry } from './choose-entry.js';
export { type Measured, type Policy, type PolicyEntry, type PolicyRow, parsePolicy } from './policy-file.js';
export {
  type FromPolicy,
  fromPolicy,
  type PolicyRequest,
  type PolicyRun,
  policyOptions,
} from './policy-options.js';
export type { RunSettings } from './settings.js';
