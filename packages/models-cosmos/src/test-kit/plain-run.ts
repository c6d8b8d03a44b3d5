import type { plain } from '@skipstone/core/testing';
import { type PlainCall, type PlainModel, plainForward } from './plain-cosmos.js';

/** What a run of Cosmos-Predict2.5 is made of; a test gets one of them wrong on purpose. */
export interface PlainRun {
  readonly steps: number;
  /** Guidance g. */
  readonly scale: number;
  /** Highest and lowest k of the grid. */
  readonly most: number;
  readonly least: number;
  /** The time that the model is told at σ, and that of a clean frame. */
  readonly time: (sigma: number) => number;
  readonly clean: (sigma: number) => number;
  /** Weight of v_c − v_u. */
  readonly weight: (scale: number) => number;
  /** v = v_c + w·(v_c − v_u), or v_u + w·(v_c − v_u). */
  readonly from: 'cond' | 'uncond';
  /** What unit noise is multiplied by to begin with. */
  readonly start: (sigma: number) => number;
  /** Order of the solver's steps: 1 is plain Euler. */
  readonly order: 1 | 2;
}

export const PREDICT_2_5: PlainRun = {
  ...{ steps: 6, scale: 3, most: 200, least: 0.01, order: 2, from: 'cond' },
  time: (sigma) => sigma,
  clean: () => 1e-4,
  weight: (scale) => scale,
  start: () => 1,
};

export interface PlainGiven {
  readonly noise: ArrayLike<number>;
  /** Encoded frames; those that `mask` marks are kept. */
  readonly clean: ArrayLike<number>;
  readonly mask: readonly number[];
  readonly size: PlainCall['size'];
  readonly cond: plain.Tensor;
  readonly uncond: plain.Tensor;
}

/** A whole run in float64: latents at its end. The solver is UniPC, order 2, corrected, as it is written down. */
export function plainRun(model: PlainModel, given: PlainGiven, run: PlainRun = PREDICT_2_5): Float64Array {
  const { noise, clean, mask, size, cond, uncond } = given;
  const frames = size[0];
  const area = size[1] * size[2];
  const maskOf = (i: number): number => mask[Math.floor(i / area) % frames] ?? 0;
  const levels = Array.from({ length: run.steps }, (_, i) => {
    const [a, b] = [run.most ** (1 / 7), run.least ** (1 / 7)];
    const k = (a + (i / (run.steps - 1)) * (b - a)) ** 7;
    return k / (k + 1);
  });
  const sigmas = [...levels, 0];
  let x: Float64Array = Float64Array.from(noise, (value) => value * run.start(sigmas[0] ?? 1));
  const solve = unipc(sigmas, run.order);
  levels.forEach((sigma, i) => {
    const latents = x.map((value, n) => (maskOf(n) ? (clean[n] ?? 0) : value));
    const time = mask.map((m) => (m ? run.clean(sigma) : run.time(sigma)));
    const predict = (text: plain.Tensor): Float64Array =>
      plainForward(model, { latents, size, mask, time, text }).map((v, n) =>
        maskOf(n) ? (noise[n] ?? 0) - (clean[n] ?? 0) : v,
      );
    const [vc, vu] = [predict(cond), predict(uncond)];
    const base = run.from === 'cond' ? vc : vu;
    const v = base.map((value, n) => value + run.weight(run.scale) * ((vc[n] ?? 0) - (vu[n] ?? 0)));
    x = solve(i, x, v);
  });
  return x;
}

type Step = (i: number, x: Float64Array, v: Float64Array) => Float64Array;

/** α = 1 − σ, λ = ln α − ln σ. Order 1: the plain first-order step, which is Euler's, without a corrector. */
function unipc(sigmas: readonly number[], order: 1 | 2): Step {
  const level = (i: number): number => sigmas[i] ?? 0;
  const lambda = (i: number): number => Math.log(1 - level(i)) - Math.log(level(i));
  const N = sigmas.length - 1;
  const clean: Float64Array[] = [];
  let corrected = new Float64Array();
  let used = 1;
  return (i, sample, v) => {
    let x: Float64Array = sample;
    const now = x.map((value, n) => value - level(i) * (v[n] ?? 0));
    const [last, before] = [clean[i - 1], clean[i - 2]];
    if (order === 2 && last) {
      const h = lambda(i) - lambda(i - 1);
      const B = Math.expm1(-h);
      const alpha = 1 - level(i);
      const r = used === 2 ? (lambda(i - 2) - lambda(i - 1)) / h : 1;
      const phi = B / -h - 1;
      const b1 = phi / B;
      const b2 = (2 * (phi / -h - 0.5)) / B;
      const a = (b1 - b2) / (1 - r);
      const from = corrected;
      x = x.map((_, n) => {
        const [m, d] = [last[n] ?? 0, (now[n] ?? 0) - (last[n] ?? 0)];
        const base = (level(i) / level(i - 1)) * (from[n] ?? 0) - alpha * B * m;
        if (used === 1 || !before) return base - (alpha * B * d) / 2;
        return base - alpha * B * ((a * ((before[n] ?? 0) - m)) / r + (b1 - a) * d);
      });
    }
    corrected = Float64Array.from(x);
    used = Math.min(order, N - i, i + 1);
    clean[i] = now;
    const alpha = 1 - level(i + 1);
    const end = level(i + 1) === 0;
    const h = end ? Number.POSITIVE_INFINITY : lambda(i + 1) - lambda(i);
    const B = end ? -1 : Math.expm1(-h);
    const r = used === 2 ? (lambda(i - 1) - lambda(i)) / h : 1;
    return x.map((value, n) => {
      const m = now[n] ?? 0;
      const second = used === 2 && last ? (0.5 * ((last[n] ?? 0) - m)) / r : 0;
      return (level(i + 1) / level(i)) * value - alpha * B * (m + second);
    });
  };
}
