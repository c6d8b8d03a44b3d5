import { type Schedule, SkipstoneError } from '@skipstone/core';

const f = Math.fround;

/** Shift by the number of tokens: 0.95 at 1024, 2.05 at 4096, and on in a line. Source: `calculate_shift`, diffusers. */
const shiftOf = (tokens: number): number => 0.95 + ((tokens - 1024) * (2.05 - 0.95)) / 3072;

/** The level that the grid is stretched to end at, before 0. */
const LAST = 0.1;

/**
 * LTX-2's grid: linspace(1, 1/steps, steps), shifted by e^μ, stretched to end at 0.1, then 0. The model receives
 * 1000·σ. float32 after every operation: timesteps go into a cosine, and a float64 grid moves a forward by 2e-5.
 * One step has nothing to stretch.
 *
 * Source: FlowMatchEulerDiscreteScheduler with dynamic shifting, diffusers 58eb52c0; `tokens` are those of the
 * video (before 2026-08 always 4096, as in the original's pipelines). Golden: `run-ltx2-3`.
 */
export function ltxFlow({ steps, tokens }: { readonly steps: number; readonly tokens: number }): Schedule {
  if (!Number.isInteger(steps) || steps < 1 || steps > 1000) throw wrongSteps(steps);
  const shift = f(Math.exp(shiftOf(tokens)));
  const levels = Array.from({ length: steps }, (_, i) => {
    const s =
      i === steps - 1 && steps > 1 ? f(1 / steps) : f(1 + i * ((1 / steps - 1) / Math.max(steps - 1, 1)));
    return f(shift / f(shift + f(f(1 / s) - 1)));
  });
  const last = levels.at(-1) ?? 1;
  const by = f(f(1 - last) / f(1 - LAST));
  const stretched = last === 1 ? levels : levels.map((sigma) => f(1 - f(f(1 - sigma) / by)));
  return named('ltx-flow', stretched);
}

/** Noise levels of the distilled checkpoints: no shift, all guidance off. Source: Lightricks/LTX-2 400fd310. */
const DISTILLED = [1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875] as const;

/** The grid of the distilled checkpoints: 8 steps, or the last 3 of a second stage. */
export function ltxDistilled({ steps }: { readonly steps: number }): Schedule {
  const from = { 8: 0, 3: 5 }[steps];
  if (from === undefined) throw wrongSteps(steps, '8, or 3 for a second stage');
  return named('ltx-distilled', DISTILLED.slice(from).map(f));
}

const named = (name: string, levels: readonly number[]): Schedule => ({
  name,
  sigmas: [...levels, 0],
  timesteps: levels.map((sigma) => f(sigma * 1000)),
});

function wrongSteps(steps: number, need = 'a whole number from 1 to 1000'): SkipstoneError {
  return new SkipstoneError({
    code: 'schedule-option',
    what: 'LTX-2: the number of steps is out of range',
    have: String(steps),
    need,
    do: 'pass { steps } (--steps) in that range',
  });
}
