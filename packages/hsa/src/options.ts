import { nearestName, SkipstoneError, type SomeRows } from '@skipstone/core';
import { type Assignment, MOST_GROUPS } from './groups.js';
import { HSA_PRESETS, type HsaPreset, type HsaPresetName, presetFor } from './presets.js';
import type { Window } from './window.js';

export interface HsaOptions {
  /** Where all that is not given comes from. Default `hsa-50`, or the next one below the budget. */
  readonly preset?: HsaPresetName;
  /** Share of a full run's rows to compute, in (0, 1): fractions are adjusted until they land on it. */
  readonly budget?: number;
  /** Group k is active at steps its stride divides; whole numbers, 1 or more, at most 36 of them. */
  readonly strides?: readonly number[];
  /** Share of each stream's tokens by group, most salient first; their sum is 1. Even ones if only strides are given. */
  readonly fractions?: readonly number[];
  /** First and last steps at which every token is active. */
  readonly early?: Window;
  readonly late?: Window;
  /**
   * First and last step i whose |v_i − v_{i−1}|₁/|v_i|₁ counts for a token's score, 1 or more. Every token
   * is active through the last one. Default: the second half of the early window (see `HSA_PRESETS`).
   */
  readonly scoreSteps?: readonly [number, number];
  /** Groups of tokens, given: a run is not scored. See `assignmentOf`. */
  readonly assignment?: Assignment;
  /** Every token is active at each nth step, 1 or more. Off by default. */
  readonly refreshEvery?: number;
  /** No token idles for more steps than this, 1 or more. Off by default; samplers without memory only. */
  readonly maxIdle?: number;
  /** Ranks tokens anew at each nth step, 1 or more. Off by default; samplers without memory only. */
  readonly rerank?: number;
  /**
   * Keys and values of idle tokens. `all` (default): kept in every branch. `leader`: in the branch that leads;
   * the others compute all tokens, and budgets count the leader's only. `none`: nowhere, so that active tokens
   * attend to each other only; there to compare with.
   */
  readonly sync?: Sync;
  /**
   * Streams whose tokens are allocated; those of other streams are active at every step. Shares and budgets count
   * allocated streams. Default: the model's first (inferred), the video.
   */
  readonly streams?: readonly string[];
}

export type Sync = 'all' | 'leader' | 'none';

/** What each asks of the plan. */
export const ROWS_OF = { all: true, leader: 'leader', none: 'alone' } as const satisfies Record<
  Sync,
  SomeRows
>;

/** Options with their defaults. */
export interface Allocation extends Omit<HsaOptions, 'preset'> {
  readonly sync: Sync;
  readonly strides: readonly number[];
  readonly fractions: readonly number[];
  readonly early: Window;
  readonly late: Window;
}

const KNOWN: Record<keyof HsaOptions, true> = {
  preset: true,
  budget: true,
  strides: true,
  fractions: true,
  early: true,
  late: true,
  scoreSteps: true,
  assignment: true,
  refreshEvery: true,
  maxIdle: true,
  rerank: true,
  sync: true,
  streams: true,
};

/** Fills in defaults; refuses what means nothing, or contradicts itself. */
export function allocationOf(options: HsaOptions): Allocation {
  checkNames(options);
  const base = presetOf(options);
  const strides = options.strides ?? base.strides;
  const even = strides.map(() => 1 / strides.length);
  const fractions = options.fractions ?? (options.strides ? even : base.fractions);
  const ownGroups = options.strides ?? options.fractions ?? options.assignment;
  const budget = options.budget ?? (ownGroups ? undefined : base.budget);
  const { early = base.early, late = base.late, sync = 'all' } = options;
  const { preset: _, ...given } = options;
  const rest = { strides, fractions, early, late, sync };
  const allocation = { ...given, ...rest, ...(budget === undefined ? {} : { budget }) };
  checkNumbers(allocation);
  checkAgreement(options);
  return allocation;
}

function presetOf({ preset, budget }: HsaOptions): HsaPreset {
  if (preset === undefined) return presetFor(budget ?? 0.5);
  if (Object.hasOwn(HSA_PRESETS, preset)) return HSA_PRESETS[preset];
  const names = Object.keys(HSA_PRESETS);
  throw new SkipstoneError({
    code: 'hsa-preset',
    what: `hsa: there is no preset ${preset}`,
    have: preset,
    need: names.join(', '),
    do: `did you mean ${nearestName(preset, names)}? For any other share, give { budget }`,
  });
}

function checkNames(options: HsaOptions): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(KNOWN, name));
  if (unknown === undefined) return;
  const names = Object.keys(KNOWN);
  throw wrong(
    `there is no option ${unknown}`,
    unknown,
    names.join(', '),
    `did you mean ${nearestName(unknown, names)}?`,
  );
}

function checkNumbers(allocation: Allocation): void {
  const { strides, fractions, scoreSteps, budget, early, late } = allocation;
  const counts = {
    refreshEvery: allocation.refreshEvery,
    maxIdle: allocation.maxIdle,
    rerank: allocation.rerank,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && !isCount(value)) throw unfit(name, value, 'a whole number, 1 or more');
  }
  if (allocation.streams && !allocation.streams.length)
    throw unfit('streams', allocation.streams, 'names of streams, one at least');
  if (!Object.hasOwn(ROWS_OF, allocation.sync))
    throw unfit('sync', allocation.sync, Object.keys(ROWS_OF).join(', '));
  const someStrides = strides.length > 0 && strides.length <= MOST_GROUPS && strides.every(isCount);
  if (!someStrides) throw unfit('strides', strides, `1 to ${MOST_GROUPS} whole numbers, 1 or more`);
  const sum = fractions.reduce((a, b) => a + b, 0);
  const whole = fractions.every((f) => f > 0 && f <= 1) && Math.abs(sum - 1) < 1e-6;
  if (!whole || fractions.length !== strides.length)
    throw unfit('fractions', fractions, `${strides.length} numbers above 0 whose sum is 1`);
  const [first, last] = scoreSteps ?? [1, 1];
  if (!isCount(first) || !isCount(last) || first > last)
    throw unfit('scoreSteps', scoreSteps, 'a first and a last step, 1 or more');
  if (budget !== undefined && !(budget > 0 && budget < 1))
    throw unfit('budget', budget, 'a share above 0 and below 1');
  for (const [name, window] of Object.entries({ early, late })) {
    if (!isWindow(window))
      throw unfit(name, window, '{ steps }, { fraction } of 0 to 1, or { sigma } of 0 to 1');
  }
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

function isWindow(window: Window): boolean {
  if ('steps' in window) return Number.isInteger(window.steps) && window.steps >= 0;
  const share = 'fraction' in window ? window.fraction : window.sigma;
  return share >= 0 && share <= 1;
}

/** Given groups leave nothing to score or to cut. */
function checkAgreement(options: HsaOptions): void {
  if (options.assignment === undefined) return;
  const unused = (['fractions', 'budget', 'scoreSteps', 'rerank'] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (unused.length === 0) return;
  throw wrong(
    'the groups are given, so there is nothing to score or to cut',
    `assignment and ${unused.join(', ')}`,
    'one or the other',
    `leave out ${unused.length > 1 ? 'either' : `assignment or ${unused[0]}`}`,
  );
}

const unfit = (name: string, value: unknown, need: string): SkipstoneError =>
  wrong(`the option ${name} does not serve`, JSON.stringify(value), need, `change ${name}, or leave it out`);

const wrong = (what: string, have: string, need: string, act: string): SkipstoneError =>
  new SkipstoneError({ code: 'hsa-options', what: `hsa: ${what}`, have, need, do: act });
