import type { Schedule } from '../spec/schedule.js';
import { type GridOptions, gridOptions, TRAINED_STEPS } from './grid-options.js';
import { flowShift, linspace } from './levels.js';

/**
 * The plain flow-matching grid: s = linspace(1, 1/steps, steps), flow-shifted once, then 0. The model
 * receives 1000·σ as a float.
 *
 * Source: diffusers' FlowMatchEulerDiscreteScheduler given explicit sigmas. Goldens: `method-*` (float64),
 * `schedule-wan` (the reference's float32 steps: up to 1.2e-7 apart).
 */
export function eulerFlow(options: GridOptions): Schedule {
  const { steps, shift } = gridOptions('euler-flow', options);
  const levels = linspace(1, 1 / steps, steps).map((s) => flowShift(shift, s));
  return {
    name: 'euler-flow',
    sigmas: [...levels, 0],
    timesteps: levels.map((sigma) => sigma * TRAINED_STEPS),
  };
}
