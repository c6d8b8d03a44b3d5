import type { Schedule } from '../spec/schedule.js';
import { type GridOptions, gridOptions, TRAINED_STEPS } from './grid-options.js';
import { flowShift, linspace } from './levels.js';

/** σ = 1 has no signal, ln(1 − σ) is −∞ there: the reference steps back by this much. */
const BACK_FROM_ONE = 1e-6;

/**
 * The grid of Wan's UniPC: s = linspace(1, 1/1000, steps + 1) without its last, flow-shifted, then 0. The
 * model receives integers, 1000·σ truncated.
 *
 * Source: diffusers' UniPCMultistepScheduler with `use_flow_sigmas`, since #12109 (2026-01); older versions
 * and the original Wan start at 0.999 instead. Golden: `schedule-wan`.
 */
export function unipcFlow(options: GridOptions): Schedule {
  const { steps, shift } = gridOptions('unipc-flow', options);
  const levels = linspace(1, 1 / TRAINED_STEPS, steps + 1)
    .slice(0, steps)
    .map((s) => flowShift(shift, s))
    .map((sigma, i) => (i === 0 && Math.abs(sigma - 1) < BACK_FROM_ONE ? sigma - BACK_FROM_ONE : sigma));
  return {
    name: 'unipc-flow',
    sigmas: [...levels, 0],
    timesteps: levels.map((sigma) => Math.trunc(sigma * TRAINED_STEPS)),
  };
}
