import { SkipstoneError } from '../error.js';

/**
 * A step of flow matching leads to a lower noise level (or stays, where it may), both within [0, 1]; anything else
 * divides by zero or integrates backwards.
 */
export function assertFlowStep(sampler: string, from: number, to: number, mayStay = false): void {
  if (from <= 1 && to >= 0 && (to < from || (mayStay && to === from))) return;
  throw fault(sampler, from, to, '1 ≥ from > to ≥ 0');
}

/** Any noise levels that do not rise: also those of EDM (Cosmos: 80 to 0.002), whose last may repeat. */
export function assertFallingStep(sampler: string, from: number, to: number): void {
  if (Number.isFinite(from) && to >= 0 && to <= from) return;
  throw fault(sampler, from, to, 'from ≥ to ≥ 0');
}

function fault(sampler: string, from: number, to: number, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'sampler-step',
    what: `${sampler} cannot step between these noise levels`,
    have: `from σ ${from} to ${to}`,
    need,
    do: 'use a schedule whose noise levels fall and end in 0',
  });
}
