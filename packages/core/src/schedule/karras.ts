import { SkipstoneError } from '../error.js';
import type { Schedule } from '../spec/schedule.js';
import { type GridOptions, gridOptions } from './grid-options.js';

export interface KarrasOptions {
  /** Highest and lowest noise level k, in units of the data's deviation. */
  readonly most: number;
  readonly least: number;
  /** ρ: how much the steps crowd towards the lowest level. */
  readonly rho: number;
}

/** arXiv:2206.00364v2, table 1: σ_max 80, σ_min 0.002, ρ 7. */
const EDM: KarrasOptions = { most: 80, least: 0.002, rho: 7 };

/** k_i = (most^(1/ρ) + i/(steps − 1)·(least^(1/ρ) − most^(1/ρ)))^ρ. Source: arXiv:2206.00364v2, eq. 5. */
export function karrasLevels(steps: number, { most, least, rho }: KarrasOptions = EDM): readonly number[] {
  const [a, b] = [most ** (1 / rho), least ** (1 / rho)];
  return Array.from({ length: steps }, (_, i) => (a + (steps === 1 ? 0 : i / (steps - 1)) * (b - a)) ** rho);
}

/**
 * EDM's levels for models that were trained on x = x0 + k·noise, told in flow matching's terms, where
 * everything EDM needs preconditioning for is plain: σ = k/(k + 1), the state is (1 − σ)·x, which is what such
 * a model reads; what it predicts is the flow's velocity, and Euler's steps are the same. The run begins with
 * k·noise, so with σ·noise here, and ends at x, the state over 1 − σ. The model receives σ.
 *
 * The last level repeats, as in the reference: a run of n steps makes n − 1 evaluations a branch, and keeps
 * noise of the lowest level.
 *
 * Source: diffusers' FlowMatchEulerDiscreteScheduler with `use_karras_sigmas` and `final_sigmas_type`
 * sigma_min. Golden: `schedule-cosmos2-karras`.
 */
export function karras(options: GridOptions): Schedule {
  const { steps, shift } = gridOptions('karras', options);
  if (shift !== 1) throw noShift(shift);
  const levels = karrasLevels(steps).map((k) => k / (k + 1));
  const last = levels.at(-1) ?? 0;
  return {
    name: 'karras',
    sigmas: [...levels, last],
    timesteps: levels,
    startScale: levels[0] ?? 1,
    endScale: 1 / (1 - last),
  };
}

function noShift(shift: number): SkipstoneError {
  return new SkipstoneError({
    code: 'schedule-option',
    what: 'karras: this grid has no shift',
    have: `shift ${shift}`,
    need: 'shift 1',
    do: 'leave the shift out',
  });
}
