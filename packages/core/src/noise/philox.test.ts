import { expect, test } from 'vitest';
import { philox } from './philox.js';

const hex = (words: Uint32Array) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ');

/** Known answers: Random123, tests/kat_vectors, philox4x32 with 10 rounds. */
test.each([
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
])('counter %j with key %j gives the published words', (counter, key, expected) => {
  const out = new Uint32Array(4);
  philox(Uint32Array.from(counter), Uint32Array.from(key), out);
  expect(hex(out)).toBe(expected);
});

test('agrees with 64-bit integers on many counters', () => {
  const mask = 0xffffffffn;
  const reference = (counter: readonly bigint[], key: readonly bigint[]): readonly bigint[] => {
    let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter;
    let [k0 = 0n, k1 = 0n] = key;
    for (let round = 0; round < 10; round++) {
      const [p0, p1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
      [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
      [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
    }
    return [c0, c1, c2, c3];
  };
  const out = new Uint32Array(4);
  for (let i = 0; i < 2000; i++) {
    const words = Uint32Array.from({ length: 6 }, (_, k) => Math.imul(i * 6 + k + 1, 0x9e3779b1));
    philox(words.subarray(0, 4), words.subarray(4), out);
    const big = Array.from(words, BigInt);
    expect(Array.from(out, BigInt)).toEqual(reference(big.slice(0, 4), big.slice(4)));
  }
});
