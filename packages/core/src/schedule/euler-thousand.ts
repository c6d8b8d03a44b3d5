import type { Schedule } from '../spec/schedule.js';
import { type GridOptions, gridOptions, TRAINED_STEPS } from './grid-options.js';
import { flowShift, linspace } from './levels.js';

/**
 * The grid FlowMatchEuler makes by itself: linspace(1000, 1, steps) / 1000, then 0. The model receives
 * 1000·σ as a float, of the float32 σ and rounded again: the timestep enters a cosine, where the last digit
 * of 600.4 already counts.
 *
 * With a shift other than 1 the reference takes the range's ends from its already shifted table and shifts
 * them again (shift 5, 4 steps: 1, 0.9097, 0.7173, 0.0244, 0). That quirk is kept; `eulerFlow` has none.
 * Source: diffusers' FlowMatchEulerDiscreteScheduler, `set_timesteps(steps)`. Golden: `run-wan21-euler`.
 */
export function eulerThousand(options: GridOptions): Schedule {
  const { steps, shift } = gridOptions('euler-thousand', options);
  const least = flowShift(shift, 1 / TRAINED_STEPS);
  const levels = linspace(TRAINED_STEPS, TRAINED_STEPS * least, steps).map((t) =>
    flowShift(shift, t / TRAINED_STEPS),
  );
  return {
    name: 'euler-thousand',
    sigmas: [...levels, 0],
    timesteps: levels.map((sigma) => Math.fround(Math.fround(sigma) * TRAINED_STEPS)),
  };
}
