import { SkipstoneError } from '../error.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import { normalQuantile } from './normal-quantile.js';
import { philox } from './philox.js';

export interface NoiseOptions {
  /** A whole number from 0 to 2^53 − 1: all of the run's randomness. */
  readonly seed: number;
  /** Shape of the result; element i of the row-major array gets value number `offset + i`. */
  readonly shape: readonly number[];
  /** Number of the first value, default 0: a part of a larger array can be made on its own. */
  readonly offset?: number;
  /** Which of 2^32 independent sequences of this seed, default 0: one for each token stream. */
  readonly sequence?: number;
}

const TWO_32 = 2 ** 32;

/**
 * Standard normal noise, the same bytes on every machine: value n depends on (seed, sequence, n) alone.
 *
 * Words w of Philox4x32-10 (key: seed; counter: n/4, sequence) become p = (w + ½)/2^32 and then the normal
 * quantile of p, rounded to float32. So values are symmetric about 0 and lie within ±6.34, beyond which a
 * normal number lies once in 4·10^9.
 */
export function gaussianNoise(options: NoiseOptions): Float32Array<ArrayBuffer> {
  assertKnownOptions('gaussianNoise', options, ['seed', 'shape', 'offset', 'sequence']);
  const { seed, shape, offset = 0, sequence = 0 } = options;
  assertWhole('seed', seed, Number.MAX_SAFE_INTEGER);
  assertWhole('offset', offset, Number.MAX_SAFE_INTEGER);
  assertWhole('sequence', sequence, TWO_32 - 1);
  for (const length of shape) assertWhole('shape', length, Number.MAX_SAFE_INTEGER);
  const count = shape.reduce((product, length) => product * length, 1);
  assertWhole('offset + size', offset + count, Number.MAX_SAFE_INTEGER);

  const out = new Float32Array(count);
  const key = Uint32Array.of(seed % TWO_32, Math.floor(seed / TWO_32));
  const counter = Uint32Array.of(0, 0, sequence, 0);
  const words = new Uint32Array(4);
  let made = -1;
  for (let i = 0; i < count; i++) {
    const number = offset + i;
    const block = Math.floor(number / 4);
    if (block !== made) {
      counter[0] = block % TWO_32;
      counter[1] = Math.floor(block / TWO_32);
      philox(counter, key, words);
      made = block;
    }
    out[i] = normalQuantile(((words[number % 4] as number) + 0.5) / TWO_32);
  }
  return out;
}

function assertWhole(option: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
  throw new SkipstoneError({
    code: 'noise-option',
    what: `gaussianNoise: ${option} is out of range`,
    have: String(value),
    need: `a whole number from 0 to ${most}`,
    do: `pass { ${option.split(' ')[0]} } in that range`,
  });
}
