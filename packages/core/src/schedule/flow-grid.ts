import { SkipstoneError } from '../error.js';
import type { Schedule } from '../spec/schedule.js';
import { betaQuantile } from './beta-quantile.js';
import { gridOptions, TRAINED_STEPS } from './grid-options.js';
import { karrasLevels } from './karras.js';
import { assertKnownOptions } from './known-options.js';
import { flowShift, linspace } from './levels.js';

export interface FlowGridOptions {
  /** Whose base levels: Euler's from 1 to 0.001, UniPC's the same with one more at the end left out, DPM-Solver++'s from 0.999. */
  readonly solver: 'euler' | 'unipc' | 'dpmpp';
  /** 1 to 1000; of `levels` their number. */
  readonly steps?: number;
  /** Levels to take instead of the solver's, before the shift. Falling, above 0 to 1. */
  readonly levels?: readonly number[];
  /** Flow shift (default 1), or a shift by μ: `exponential` e^μ/(e^μ + 1/σ − 1) (default) or `linear` μ/(μ + 1/σ − 1). */
  readonly shift?: number | { readonly mu: number; readonly form?: 'exponential' | 'linear' };
  /** Where the last level before the end is stretched to. Default: nowhere. */
  readonly terminal?: number;
  /** How levels lie between the first and the last. Default: as they are. */
  readonly spacing?: 'karras' | 'exponential' | 'beta';
  /** Karras levels of an EDM model, between these, as σ = k/(k + 1), in place of all above. */
  readonly edm?: { readonly most: number; readonly least: number };
  /** The end: 0 (default), or the least noise level there is. */
  readonly end?: 'zero' | 'least';
  /** Levels that rise, 1 − σ, to 1: for turning a video into noise. No sampler here takes them. */
  readonly inverted?: boolean;
}

/** σ = 1 has no signal, ln(1 − σ) is −∞ there: UniPC steps back by this much. */
const BACK_FROM_ONE = 1e-6;

/** The lowest level of diffusers' trained betas, where its DPM-Solver ends if not at 0, whatever the grid. */
const LEAST_BETA = Math.sqrt(1e-4 / (1 - 1e-4));

/** Of Beta(α, α), the distribution whose quantiles `beta` levels are. Source: arXiv:2407.12173. */
const BETA = 0.6;

/**
 * The grids of diffusers' flow-matching schedulers. Euler's model receives 1000·σ in float32, the others 1000·σ cut off.
 *
 * Without given levels and with a fixed shift, Euler takes the ends of its range from its already shifted table and
 * shifts them again (shift 5, 4 steps: 1, 0.9097, 0.7173, 0.0244, 0). That quirk of the reference is kept.
 * Source: FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler (since #12109, 2026-01), DPMSolverMultistepScheduler.
 * Goldens: `schedule-wan`, `schedule-flow-euler`, `schedule-multistep-flow`. Error `schedule-option`.
 */
export function flowGrid(name: string, options: FlowGridOptions): Schedule {
  assertKnownOptions(name, options, KNOWN);
  const { solver, end = 'zero', inverted = false } = options;
  const levels = inverted ? levelsOf(name, options).map((sigma) => 1 - sigma) : levelsOf(name, options);
  const least = solver === 'dpmpp' ? LEAST_BETA : (levels.at(-1) ?? 0);
  const timestep =
    solver === 'euler'
      ? (sigma: number) => Math.fround(Math.fround(sigma) * TRAINED_STEPS)
      : (sigma: number) => Math.trunc(sigma * TRAINED_STEPS);
  return {
    name,
    sigmas: [...levels, inverted ? 1 : end === 'zero' ? 0 : least],
    timesteps: levels.map(timestep),
  };
}

const KNOWN = ['solver', 'steps', 'levels', 'shift', 'terminal', 'spacing', 'edm', 'end', 'inverted'];

function levelsOf(name: string, options: FlowGridOptions): readonly number[] {
  const { solver, levels: given, shift = 1, terminal, spacing, edm } = options;
  const fixed = typeof shift === 'number' ? shift : undefined;
  const { steps } = gridOptions(name, {
    steps: options.steps ?? given?.length ?? 0,
    ...(fixed === undefined ? {} : { shift: fixed }),
  });
  if (edm) return karrasLevels(steps, { ...edm, rho: 7 }).map((k) => k / (k + 1));
  if (given) checkGiven(name, given, options.steps);
  const shifted = (given ?? baseLevels(solver, steps, fixed)).map((sigma) =>
    typeof shift === 'number' ? flowShift(shift, sigma) : shiftBy(shift, sigma),
  );
  const stretched = terminal === undefined ? shifted : stretchedTo(terminal, shifted);
  const spaced = spacing === undefined ? stretched : spread(spacing, stretched);
  const [first = 0, ...rest] = spaced;
  const back = solver === 'unipc' && Math.abs(first - 1) < BACK_FROM_ONE ? BACK_FROM_ONE : 0;
  return [first - back, ...rest];
}

function baseLevels(
  solver: FlowGridOptions['solver'],
  steps: number,
  shift: number | undefined,
): readonly number[] {
  const least = 1 / TRAINED_STEPS;
  if (solver === 'unipc') return linspace(1, least, steps + 1).slice(0, steps);
  if (solver === 'euler') {
    const ends = shift === undefined ? least : flowShift(shift, least);
    return linspace(TRAINED_STEPS, TRAINED_STEPS * ends, steps).map((t) => t / TRAINED_STEPS);
  }
  // In this order: some of 1000·σ lie next to a whole number, and are cut off.
  const rising = linspace(1, least, steps + 1).map((s) => 1 - s);
  return rising.reverse().slice(0, steps);
}

function shiftBy(
  { mu, form = 'exponential' }: Exclude<FlowGridOptions['shift'], number | undefined>,
  sigma: number,
): number {
  const by = form === 'exponential' ? Math.exp(mu) : mu;
  return by / (by + (1 / sigma - 1));
}

function stretchedTo(terminal: number, levels: readonly number[]): readonly number[] {
  const by = (1 - (levels.at(-1) ?? 0)) / (1 - terminal);
  return levels.map((sigma) => 1 - (1 - sigma) / by);
}

function spread(how: NonNullable<FlowGridOptions['spacing']>, levels: readonly number[]): readonly number[] {
  const [most = 1, least = 1] = [levels[0], levels.at(-1)];
  if (how === 'karras') return karrasLevels(levels.length, { most, least, rho: 7 });
  if (how === 'exponential') {
    return linspace(Math.log(most), Math.log(least), levels.length).map(Math.exp);
  }
  return linspace(0, 1, levels.length).map((s) => least + (most - least) * betaQuantile(1 - s, BETA));
}

function checkGiven(name: string, levels: readonly number[], steps: number | undefined): void {
  const falls = levels.every((sigma, i) => sigma > 0 && sigma <= 1 && sigma < (levels[i - 1] ?? 2));
  if (falls && (steps ?? levels.length) === levels.length) return;
  throw new SkipstoneError({
    code: 'schedule-option',
    what: `${name}: these levels are not a grid`,
    have: `${levels.join(', ')}${steps === undefined ? '' : ` for ${steps} steps`}`,
    need: 'levels that fall, above 0 and at most 1, one for each step',
    do: 'give levels alone, without the end and without steps',
  });
}
