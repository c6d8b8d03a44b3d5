export * from '../policy/index.js';
export { type BootstrapOptions, bootstrap, type Estimate } from './bootstrap.js';
export { chooseThreshold, type ProposedThreshold, type ThresholdRequest } from './choose-threshold.js';
export { type MeasuredRun, measuredRun, type RunRequest, reusedShare, reusedSteps } from './measured-run.js';
export { assertText, distinct, examplePrompts, type Prompt, promptsBeside, textPrompt } from './prompts.js';
export { type BestTap, bestTap, type Proposal, type ProposalRequest, propose } from './propose.js';
export { leaderOf, type RankedTap, type RankOptions, rankTaps } from './rank-taps.js';
export { readPolicy } from './read-policy.js';
export { hasGrid, optionsOf, runSettings, sigmasOf } from './run-settings.js';
export { reuseRate, simulate } from './simulate.js';
export { spearman } from './spearman.js';
export { idealSpeedup, rateFor } from './speedup.js';
export {
  firstBlockTaps,
  ORACLE,
  type TraceEntry,
  type TraceOptions,
  traceDrift,
  VELOCITY,
} from './trace-drift.js';
export {
  gatherRun,
  type ParsedTrace,
  parseTrace,
  runKey,
  type TracedBranch,
  type TracedRun,
  type TraceFile,
  type TraceHeader,
} from './trace-file.js';
