import { afterAll, describe, expect, it } from 'vitest';
import { rotary } from '../graph/op/rotary.js';
import type { FusedOperator, WeightSource } from '../graph/weights.js';
import { Room } from './room.js';
import { relativeError, trialOutput, trialValues } from './trial.js';

const [ROWS, HEADS, WIDTH] = [5, 2, 8];
const HALF = WIDTH / 2;
const room = new Room({ device: 'cpu', threads: 1 });
afterAll(() => room.close());

const noWeights: WeightSource = {
  find: () => {
    throw new Error('no weights here');
  },
};

/** x, cos and sin are what `trialOutput` feeds: the inputs in the order they are declared. */
function byHand(pairs: 'adjacent' | 'halves', positions: readonly number[], angles: number): Float32Array {
  const sizes = [ROWS * HEADS * WIDTH, ROWS * angles, ROWS * angles];
  const [x, cos, sin] = sizes.map((n, i) => trialValues(n, i + 1));
  const out = new Float32Array(ROWS * HEADS * WIDTH);
  for (let row = 0; row < ROWS; row++) {
    for (let head = 0; head < HEADS; head++) {
      for (let k = 0; k < HALF; k++) {
        const at = (row * HEADS + head) * WIDTH;
        const [i, j] = pairs === 'adjacent' ? [at + 2 * k, at + 2 * k + 1] : [at + k, at + k + HALF];
        const angle = (positions[row] ?? 0) * angles + ((head * HALF + k) % angles);
        const [a, b, c, s] = [x?.[i] ?? 0, x?.[j] ?? 0, cos?.[angle] ?? 0, sin?.[angle] ?? 0];
        out[i] = a * c - b * s;
        out[j] = a * s + b * c;
      }
    }
  }
  return out;
}

describe('rotary', () => {
  const forms = (['adjacent', 'halves'] as const).flatMap((pairs) =>
    (['fused', 'decomposed'] as const).flatMap((how) =>
      (['the same angles', 'its own angles'] as const).flatMap((whose) =>
        (['in order', 'some rows'] as const).map((which) => [pairs, how, whose, which] as const),
      ),
    ),
  );
  it.each(forms)('turns %s pairs, %s, every head by %s, %s', async (pairs, how, whose, which) => {
    const decompose: ReadonlySet<FusedOperator> = new Set(how === 'fused' ? [] : ['rotary']);
    const angles = whose === 'the same angles' ? HALF : HEADS * HALF;
    const order = which === 'in order' ? [0, 1, 2, 3, 4] : [4, 0, 3, 1, 2];
    const got = await trialOutput(
      room,
      (g) => {
        const input = (name: string, shape: readonly number[]) =>
          g.input({ name, type: 'float32', shape }, 'step', false);
        const x = input('x', [ROWS, HEADS * WIDTH]);
        const tables = { cos: input('cos', [ROWS, angles]), sin: input('sin', [ROWS, angles]) };
        const positions =
          which === 'in order'
            ? g.constant('offset', [0], [1], 'int64')
            : g.constant('positions', order, [ROWS], 'int64');
        return rotary(g, 'y', x, { ...tables, positions, heads: HEADS, pairs });
      },
      { compute: 'float32', weights: 'packed', decompose },
      noWeights,
    );
    expect(relativeError(got, byHand(pairs, order, angles))).toBeLessThan(1e-6);
  });
});
