/**
 * The scalars of UniPC for flow matching, order 2, `bh2`, data prediction. Pure float64.
 *
 * Symbols: α = 1 − σ, λ = ln α − ln σ (the log signal-to-noise ratio, ±∞ at σ = 0 and 1), h the difference of
 * λ over a step, B = expm1(−h), m_k = x0 predicted at the k-th step of the grid (x0 = x − σ·v).
 * Source: UniPC, arXiv:2302.04867, as diffusers' UniPCMultistepScheduler computes it.
 */
export function logSnr(sigma: number): number {
  return Math.log(1 - sigma) - Math.log(sigma);
}

/** A step's result as weights: x·(the sample) + now·m_i + last·m_{i−1} + beforeLast·m_{i−2}. */
export interface UnipcWeights {
  readonly x: number;
  readonly now: number;
  readonly last: number;
  readonly beforeLast: number;
}

/**
 * The predictor, from σ_i to σ_{i+1}:
 * y = (σ_{i+1}/σ_i)·x − α_{i+1}·B·(m_i + ½·(m_{i−1} − m_i)/r), r = (λ_{i−1} − λ_i)/h.
 * `last`: σ_{i−1}; `undefined` makes the step first order (the term in r is left out).
 */
export function predictorWeights(sigma: number, next: number, last: number | undefined): UnipcWeights {
  // At σ = 0, h is infinite and B = −1: y is m_i itself. Said apart, since 0·∞ is NaN.
  if (next === 0) return { x: 0, now: 1, last: 0, beforeLast: 0 };
  const h = logSnr(next) - logSnr(sigma);
  const minusAlphaB = -(1 - next) * Math.expm1(-h);
  const half = last === undefined ? 0 : (0.5 * h) / (logSnr(last) - logSnr(sigma));
  return { x: next / sigma, now: minusAlphaB * (1 - half), last: minusAlphaB * half, beforeLast: 0 };
}

/**
 * The corrector, at σ_i after a step from σ_{i−1}, as what it adds to the predicted sample. With base the
 * common part, D = m_i − m_{i−1} and E = (m_{i−2} − m_{i−1})/r, r = (λ_{i−2} − λ_{i−1})/h:
 *   predicted      base − α_i·B·½·E              (first order: base)
 *   corrected      base − α_i·B·(a·E + (b1 − a)·D)  (first order: base − α_i·B·½·D)
 *   φ1 = B/(−h) − 1, b1 = φ1/B, b2 = 2·(φ1/(−h) − ½)/B, a = (b1 − b2)/(1 − r)
 * The difference needs no copy of the sample before the step: corrected = predicted + weights of m.
 * `beforeLast`: σ_{i−2}; `undefined` if the step from σ_{i−1} was first order.
 */
export function correctorWeights(sigma: number, last: number, beforeLast: number | undefined): UnipcWeights {
  const lambda = logSnr(sigma);
  const h = lambda - logSnr(last);
  const B = Math.expm1(-h);
  const minusAlphaB = -(1 - sigma) * B;
  if (beforeLast === undefined) {
    return { x: 1, now: minusAlphaB * 0.5, last: -minusAlphaB * 0.5, beforeLast: 0 };
  }
  const r = (logSnr(beforeLast) - logSnr(last)) / h;
  const phi1 = B / -h - 1;
  const b1 = phi1 / B;
  const b2 = (2 * (phi1 / -h - 0.5)) / B;
  const a = (b1 - b2) / (1 - r);
  const ofE = (minusAlphaB * (a - 0.5)) / r;
  const ofD = minusAlphaB * (b1 - a);
  return { x: 1, now: ofD, last: -ofD - ofE, beforeLast: ofE };
}
