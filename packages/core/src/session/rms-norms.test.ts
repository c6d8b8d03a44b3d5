import { afterAll, expect, it } from 'vitest';
import { modulatedNorm } from '../graph/op/norm.js';
import type { FusedOperator, WeightSource } from '../graph/weights.js';
import { Room } from './room.js';
import { relativeError, trialOutput, trialValues } from './trial.js';

const [ROWS, WIDTH, EPS] = [5, 8, 1e-2];
const room = new Room({ device: 'cpu', threads: 1 });
afterAll(() => room.close());

const noWeights: WeightSource = {
  find: () => {
    throw new Error('no weights here');
  },
};

/** x·rsqrt(mean(x²) + eps)·(1 + scale) + shift. */
function byHand(rows: number): Float32Array {
  const sizes = [ROWS * WIDTH, rows * WIDTH, rows * WIDTH];
  const [x, scale, shift] = sizes.map((n, i) => trialValues(n, i + 1));
  return Float32Array.from({ length: ROWS * WIDTH }, (_, i) => {
    const start = i - (i % WIDTH);
    const square = x?.slice(start, start + WIDTH).reduce((sum, v) => sum + v * v, 0) ?? 0;
    const at = rows === 1 ? i % WIDTH : i;
    return ((x?.[i] ?? 0) / Math.sqrt(square / WIDTH + EPS)) * (1 + (scale?.[at] ?? 0)) + (shift?.[at] ?? 0);
  });
}

it.each([
  [1, 'fused'],
  [ROWS, 'fused'],
  [1, 'decomposed'],
  [ROWS, 'decomposed'],
])('an RMS norm is scaled and shifted by %s rows, %s', async (rows, how) => {
  const decompose: ReadonlySet<FusedOperator> = new Set(how === 'fused' ? [] : ['rmsNorm']);
  const got = await trialOutput(
    room,
    (g) => {
      const input = (name: string, length: number) =>
        g.input({ name, type: 'float32', shape: [length, WIDTH] }, 'step', false);
      const x = input('x', ROWS);
      const by = { eps: EPS, kind: 'rms', scale: input('scale', rows), shift: input('shift', rows) } as const;
      return modulatedNorm(g, 'y', x, by);
    },
    { compute: 'float32', weights: 'packed', decompose },
    noWeights,
  );
  expect(relativeError(got, byHand(rows))).toBeLessThan(1e-6);
});
