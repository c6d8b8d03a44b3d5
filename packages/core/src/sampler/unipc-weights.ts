import { logSnr } from './multistep.js';

/**
 * The scalars of UniPC for flow matching, data prediction. Pure float64.
 *
 * Symbols: α = 1 − σ, λ the log signal-to-noise ratio, h its difference over a step, φ = expm1(−h), B = φ (`bh2`) or
 * −h (`bh1`), m_k = the clean sample predicted at the k-th step of the grid. Earlier predictions enter as
 * D_k = (m_{i−k} − m_i)/r_k with r_k = (λ_{i−k} − λ_i)/h, weighted by ρ, which solves Σ_k r_k^(j−1)·ρ_k = b_j.
 * Source: UniPC, arXiv:2302.04867, as diffusers' UniPCMultistepScheduler computes it.
 */
export type UnipcForm = 'bh1' | 'bh2';

/**
 * The predictor, from σ_i to σ_{i+1}: y = (σ_{i+1}/σ_i)·x − α_{i+1}·(φ·m_i + B·Σ ρ_k·D_k), as weights of x and of m_i,
 * m_{i−1}, …. `past`: σ_{i−1}, …, one less than the order. Levels that are equal leave the sample as it is.
 */
export function predictorWeights(
  sigma: number,
  next: number,
  past: readonly number[],
  form: UnipcForm,
): { readonly x: number; readonly m: readonly number[] } {
  if (sigma === next) return { x: 1, m: [] };
  // At σ = 0, h is infinite and φ = −1: y is m_i itself. Said apart, since 0·∞ is NaN.
  if (next === 0) return { x: 0, m: [1] };
  const step = overStep(sigma, next, past, form);
  const earlier = rho(step, 0).map((weight, k) => (-step.alpha * step.B * weight) / (step.r[k] ?? 1));
  return { x: next / sigma, m: [-step.alpha * step.phi - sum(earlier), ...earlier] };
}

/**
 * What the corrector adds at σ_i to the sample that the step from σ_{i−1} predicted, as weights of m_i, m_{i−1}, ….
 * With D_k and ρ of that step (its predictor's) and ρ' of the same system with one row more, for the new prediction:
 *   −α_i·B·(Σ (ρ'_k − ρ_k)·D_k + ρ'_p·(m_i − m_{i−1}))
 * The difference needs no copy of the sample before the step. `past`: σ_{i−2}, …, one less than that step's order.
 */
export function correctorWeights(
  sigma: number,
  last: number,
  past: readonly number[],
  form: UnipcForm,
): readonly number[] {
  // From pure noise h is infinite, and so is B of bh1: nothing to correct with.
  if (form === 'bh1' && last === 1) return [];
  const step = overStep(last, sigma, past, form);
  const [before, after] = [rho(step, 0), rho(step, 1)];
  const by = -step.alpha * step.B;
  const earlier = before.map((weight, k) => (by * ((after[k] ?? 0) - weight)) / (step.r[k] ?? 1));
  const now = by * (after.at(-1) ?? 0);
  return [now, -now - sum(earlier), ...earlier];
}

interface Step {
  readonly alpha: number;
  readonly h: number;
  readonly phi: number;
  readonly B: number;
  readonly r: readonly number[];
}

function overStep(from: number, to: number, past: readonly number[], form: UnipcForm): Step {
  // The reference's first level, 1 − 1e-6, is 0.99999899 in float32, where λ is 0.013 less: bh1 alone sees it.
  const lambda = (sigma: number): number => logSnr(form === 'bh1' ? Math.fround(sigma) : sigma);
  const start = lambda(from);
  const h = lambda(to) - start;
  const phi = Math.expm1(-h);
  const r = past.map((sigma) => (lambda(sigma) - start) / h);
  return { alpha: 1 - to, h, phi, B: form === 'bh2' ? phi : -h, r };
}

/** ρ of a predictor (`now` 0) or of its corrector (1), whose system has r = 1 for the new prediction. */
function rho({ h, phi, B, r }: Step, now: 0 | 1): readonly number[] {
  const size = r.length + now;
  if (size === 1) return now === 1 || r.length === 1 ? [0.5] : [];
  // A prediction at σ = 1 is infinitely far: its D is 0 whatever its weight.
  const near = r.filter(Number.isFinite);
  const ratios = now === 1 ? [...near, 1] : near;
  let [next, factorial] = [phi / -h - 1, 1];
  const right = ratios.map((_, j) => {
    const b = (next * factorial) / B;
    factorial *= j + 2;
    next = next / -h - 1 / factorial;
    return b;
  });
  const found = solve(
    ratios.map((_, j) => ratios.map((ratio) => ratio ** j)),
    right,
  );
  const weights = r.map((ratio) => (Number.isFinite(ratio) ? (found[near.indexOf(ratio)] ?? 0) : 0));
  return now === 1 ? [...weights, found.at(-1) ?? 0] : weights;
}

/** Solves a system of up to three rows by elimination; the ratios of a falling grid differ, so it has a solution. */
function solve(rows: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const [first, ...others] = rows;
  const [b = 0, ...rest] = right;
  if (!first) return [];
  const [pivot = 1, ...tail] = first;
  const by = others.map((row) => (row[0] ?? 0) / pivot);
  const smaller = others.map((row, j) =>
    row.slice(1).map((value, k) => value - (by[j] ?? 0) * (tail[k] ?? 0)),
  );
  const found = solve(
    smaller,
    rest.map((value, j) => value - (by[j] ?? 0) * b),
  );
  return [(b - sum(tail.map((value, k) => value * (found[k] ?? 0)))) / pivot, ...found];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
