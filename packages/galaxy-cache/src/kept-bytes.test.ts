import { expect, test } from 'vitest';
import { keptBytes } from './kept-bytes.js';
import { settle } from './options.js';

const GiB = 2 ** 30;
/** Wan2.1-14B at 1280×720, 81 frames: 21 × 45 × 80 tokens of width 5120, 64 values in a patch. */
const wan14b = { streams: { video: { patch: 64, width: 5120 } } };
const rows = { video: 75_600 };
const total = (options: object, deciding = 1): number => {
  const given = settle({ tap: 'attn_out', threshold: 1, ...options });
  const { residual, proxy } = keptBytes(given, wan14b, { rows, branches: 2, deciding });
  return residual + proxy;
};

test.each<[string, object, number]>([
  ['as the paper reuses, float32', {}, 4.33],
  ['in 16 bits', { storage: { residual: 'bfloat16', proxy: 'bfloat16' } }, 2.16],
  ['in 8 bits', { storage: { residual: 'int8', proxy: 'int8' } }, 1.08],
  ['output space', { space: 'output' }, 1.48],
  ['output space, proxy in 16 bits', { space: 'output', storage: { proxy: 'bfloat16' } }, 0.76],
  ['output space, proxy in 8 bits', { space: 'output', storage: { proxy: 'int8' } }, 0.4],
])('Wan2.1-14B at 720p, %s: GiB', (_, options, want) => {
  expect(total(options) / GiB).toBeCloseTo(want, 2);
});

test('the paper keeps four 16-bit tensors, 2.88 GiB; a quarter of it is enough', () => {
  const paper = 4 * 2 * rows.video * 5120;
  expect(paper / GiB).toBeCloseTo(2.88, 2);
  expect(total({ space: 'output', storage: { proxy: 'int8' } })).toBeLessThan(paper / 4);
});

test('branches that decide alone keep a proxy each, and a line through two steps needs both', () => {
  const one = 4 * rows.video * 5120;
  expect(total({}, 2)).toBe(4 * one);
  expect(total({ predictor: 'extrapolated' }, 1)).toBe(5 * one);
});
