export { assignmentOf } from './assignment-of.js';
export { type BudgetOptions, fractionsFor, shareOf } from './budget.js';
export { fromArguments, type PluginArguments } from './from-arguments.js';
export { type Assignment, cutGroups, encodeGroups } from './groups.js';
export { hsa } from './hsa.js';
export type { HsaOptions } from './options.js';
export { HSA_PRESETS, type HsaPreset, type HsaPresetName } from './presets.js';
export { relativeChanges } from './score.js';
export type { Window } from './window.js';
