import { assertKnownOptions } from '../schedule/known-options.js';
import type { Sampler } from '../spec/sampler.js';
import { type MultistepCall, type MultistepWeights, multistep } from './multistep.js';
import { oneOf } from './one-of.js';
import { correctorWeights, predictorWeights, type UnipcForm } from './unipc-weights.js';

export interface UnipcOptions {
  /** Predictions that a step combines at most: 1, 2 (default) or 3. Lower at the start and at the end. */
  readonly order?: 1 | 2 | 3;
  /** B(h) of the paper: e^h − 1 (`bh2`, default) or h (`bh1`). */
  readonly form?: UnipcForm;
  /** Steps, from 0, whose result the next step does not correct. Default none. */
  readonly uncorrected?: readonly number[];
}

/**
 * UniPC for flow matching: each step corrects the sample with the new prediction, then predicts the next one from it
 * and the predictions before. Orders grow at the start and fall to 1 at the end.
 *
 * Deviation: the reference corrects from a copy of the sample before the step, this from the sample it is given, which
 * is the same where nobody changed it in between (unipc-weights.ts). A sample somebody did change (a clean frame put
 * back) counts as it is. Bounded by the golden runs at 1e-5.
 *
 * Source: diffusers' UniPCMultistepScheduler (predict_x0, flow_prediction, lower_order_final). Goldens:
 * `run-wan21-unipc`, `method-hsa-unipc`, `run-wan-unipc-*`. Error `sampler-option`.
 */
export function unipc(options: UnipcOptions = {}): Sampler {
  assertKnownOptions('unipc', options, ['order', 'form', 'uncorrected']);
  const { order = 2, form = 'bh2', uncorrected = [] } = options;
  oneOf('unipc', 'order', order, [1, 2, 3]);
  oneOf('unipc', 'form', form, ['bh1', 'bh2']);
  const name = [
    'unipc',
    ...(order === 2 ? [] : [order]),
    ...(form === 'bh2' ? [] : [form]),
    ...(uncorrected.length === 0 ? [] : ['uncorrected', ...uncorrected]),
  ].join('-');
  return multistep({
    name,
    memory: order,
    corrects: true,
    weights: (call) => {
      const at = Math.min(order, call.count + 1, call.to === 0 ? 1 : call.left + 1);
      return joined(at, call, form, uncorrected.includes(call.count - 1));
    },
  });
}

/** Corrector and predictor in one: the predictor's weight of x carries the corrected sample's weights. */
function joined(
  order: number,
  { from, to, past, order: before }: MultistepCall,
  form: UnipcForm,
  asItIs: boolean,
): MultistepWeights {
  const predictor = predictorWeights(from, to, past.slice(0, order - 1), form);
  const [last, ...earlier] = past;
  if (last === undefined || asItIs) return { order, ...predictor };
  const corrector = correctorWeights(from, last, earlier.slice(0, before - 1), form);
  const length = Math.max(predictor.m.length, corrector.length);
  const m = Array.from({ length }, (_, k) => (predictor.m[k] ?? 0) + predictor.x * (corrector[k] ?? 0));
  return { order, x: predictor.x, m };
}
