import { assertKnownOptions } from '../schedule/known-options.js';
import type { Sampler } from '../spec/sampler.js';
import { logSnr, type MultistepCall, type MultistepWeights, multistep } from './multistep.js';
import { oneOf } from './one-of.js';

export interface DpmppOptions {
  /** Predictions that a step combines at most: 1, 2 (default) or 3. */
  readonly order?: 1 | 2 | 3;
  /** How order 2 takes the slope in: at the middle of the step (default) or over it. */
  readonly form?: 'midpoint' | 'heun';
  /** The last step in first order also on a grid that does not end at 0. Default false. */
  readonly eulerAtEnd?: boolean;
}

/** On shorter grids orders fall at the end, as in diffusers (`lower_order_final`). */
const SHORT = 15;

/**
 * DPM-Solver++ for flow matching, multistep, data prediction. Orders grow at the start; they fall at the end on grids
 * of fewer than 15 steps, and a step to σ = 0 is of first order. Order 1 remembers nothing: any row may take any step.
 *
 * Source: arXiv:2211.01095, as diffusers' DPMSolverMultistepScheduler computes it (dpmsolver++, flow_prediction).
 * Goldens: `run-wan-dpmpp-*`. Error `sampler-option`.
 */
export function dpmpp(options: DpmppOptions = {}): Sampler {
  assertKnownOptions('dpmpp', options, ['order', 'form', 'eulerAtEnd']);
  const { order = 2, form = 'midpoint', eulerAtEnd = false } = options;
  oneOf('dpmpp', 'order', order, [1, 2, 3]);
  oneOf('dpmpp', 'form', form, ['midpoint', 'heun']);
  const name = [
    `dpmpp-${order}${order === 1 ? '' : 'm'}`,
    ...(form === 'heun' ? ['heun'] : []),
    ...(eulerAtEnd ? ['euler-at-end'] : []),
  ].join('-');
  const orderAt = ({ count, left, to }: MultistepCall): number => {
    const short = count + left + 1 < SHORT;
    if (to === 0 || (left === 0 && eulerAtEnd)) return 1;
    return Math.min(order, count + 1, short ? left + 1 : order);
  };
  return multistep({
    name,
    memory: order - 1,
    weights: (call) => weights(orderAt(call), call, form === 'heun'),
  });
}

/**
 * y = (σ'/σ)·x − α'·φ·m_i + slope·D1 − bend·D2 with φ = expm1(−h); D1 and D2 are divided differences of the
 * predictions in λ. A prediction at σ = 1 is infinitely far: its differences are 0.
 */
function weights(order: number, { from, to, past }: MultistepCall, heun: boolean): MultistepWeights {
  if (to === 0) return { order, x: 0, m: [1] };
  const [lambda, alpha] = [logSnr(from), 1 - to];
  const h = logSnr(to) - lambda;
  const phi = Math.expm1(-h);
  const [x, plain] = [to / from, -alpha * phi];
  if (order === 1) return { order, x, m: [plain] };
  const [last = 0, beforeLast = 0] = past;
  const r0 = (lambda - logSnr(last)) / h;
  const overall = alpha * (phi / h + 1);
  if (order === 2) {
    const slope = (heun ? overall : -0.5 * alpha * phi) / r0;
    return { order, x, m: [plain + slope, -slope] };
  }
  const r1 = (logSnr(last) - logSnr(beforeLast)) / h;
  const bend = -alpha * ((phi + h) / h ** 2 - 0.5);
  // D1 = d0 + r0/(r0 + r1)·(d0 − d1) and D2 = (d0 − d1)/(r0 + r1), of d0 = (m_i − m_{i−1})/r0, d1 = (m_{i−1} − m_{i−2})/r1.
  const [share, spread] = [r0 / (r0 + r1), 1 / (r0 + r1)];
  const d0 = (overall * (1 + share) + bend * spread) / r0;
  const d1 = -(overall * share + bend * spread) / r1;
  return { order, x, m: [plain + d0, d1 - d0, -d1] };
}
