import { expect, test } from 'vitest';
import { faultOf } from '../testing/fault.js';
import type { Checkpoint } from './checkpoint.js';
import { claimTensors } from './claims.js';
import type { Dtype } from './dtype.js';

/** A checkpoint of named shapes; nothing is ever read. */
function checkpointOf(
  tensors: Readonly<Record<string, readonly number[]>>,
  dtype: Dtype = 'F32',
): Checkpoint {
  const entries = Object.entries(tensors).map(
    ([name, shape]) =>
      [name, { name, dtype, shape, offset: 0, byteLength: 0, file: '/w/m.safetensors' }] as const,
  );
  return { tensors: new Map(entries), files: [], folder: '/w', metadata: {}, fingerprint: '' };
}

const checkpoint = checkpointOf({ 'to_q.weight': [4, 4], 'to_q.bias': [4] });

test('finishes when every tensor was claimed once', () => {
  const claims = claimTensors(checkpoint);
  expect(claims.claim('to_q.weight', [4, 4])).toBe(checkpoint.tensors.get('to_q.weight'));
  claims.claim('to_q.bias', [4]);
  expect(() => claims.finish()).not.toThrow();
});

test('names what was not claimed', () => {
  const claims = claimTensors(checkpoint);
  claims.claim('to_q.bias', [4]);
  const { code, lines } = faultOf(() => claims.finish());
  expect(code).toBe('checkpoint-claims');
  expect(lines.have).toBe('1 unused: to_q.weight');
  expect(lines.need).toContain('each of the 2 tensors used exactly once');
});

test('lists the first eight leftovers and counts them all', () => {
  const many = checkpointOf(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`t${i}`, [1]])));
  const { lines } = faultOf(() => claimTensors(many).finish());
  expect(lines.have).toBe('20 unused: t0, t1, t2, t3, t4, t5, t6, t7, …');
});

test('names the tensor nearest to a missing one, at once and at the end', () => {
  const claims = claimTensors(checkpoint, { ignore: [/./] });
  const { code, lines } = faultOf(() => claims.claim('to_k.bias', [4]));
  expect(code).toBe('checkpoint-tensor');
  expect(lines.what).toContain("no tensor 'to_k.bias'");
  expect(lines.have).toContain("the nearest is 'to_q.bias'");
  expect(faultOf(() => claims.finish()).lines.have).toBe('1 missing: to_k.bias');
});

test('states both shapes where they differ', () => {
  for (const shape of [[4, 5], [16], [4, 4, 1]]) {
    const { code, lines } = faultOf(() => claimTensors(checkpoint).claim('to_q.weight', shape));
    expect(code).toBe('checkpoint-shape');
    expect(lines.have).toBe('[4, 4] in /w/m.safetensors');
    expect(lines.need).toBe(`[${shape.join(', ')}]`);
  }
});

test.each(['F64', 'I64', 'U8', 'BOOL'] as const)('refuses weights in %s', (dtype) => {
  const { code, lines } = faultOf(() => claimTensors(checkpointOf({ w: [1] }, dtype)).claim('w', [1]));
  expect(code).toBe('checkpoint-dtype');
  expect(lines.have).toContain(dtype);
  expect(lines.need).toBe('F32, F16, BF16');
});

test.each(['F32', 'F16', 'BF16'] as const)('accepts weights in %s', (dtype) => {
  expect(claimTensors(checkpointOf({ w: [1] }, dtype)).claim('w', [1]).dtype).toBe(dtype);
});

test('refuses a second claim unless it says again', () => {
  const claims = claimTensors(checkpoint);
  claims.claim('to_q.bias', [4]);
  const { code, lines } = faultOf(() => claims.claim('to_q.bias', [4]));
  expect(code).toBe('checkpoint-claims');
  expect(lines.what).toBe("the tensor 'to_q.bias' is used twice");
  expect(claims.claim('to_q.bias', [4], { again: true }).name).toBe('to_q.bias');
});

test('refuses again without a first claim', () => {
  const { code, lines } = faultOf(() => claimTensors(checkpoint).claim('to_q.bias', [4], { again: true }));
  expect(code).toBe('checkpoint-claims');
  expect(lines.what).toContain('used again before it was used');
});

test('a claim that was refused does not count', () => {
  const claims = claimTensors(checkpoint, { ignore: ['to_q.bias'] });
  faultOf(() => claims.claim('to_q.weight', [1]));
  expect(faultOf(() => claims.finish()).lines.have).toBe('1 unused: to_q.weight');
});

test('ignores by exact name and by pattern, however often a pattern was used', () => {
  const extras = checkpointOf({ 'a.norm_added_q': [1], 'b.norm_added_q': [1], stray: [1], strayed: [1] });
  const ignore = [/norm_added_q$/g, 'stray'];
  for (let i = 0; i < 2; i++) {
    expect(faultOf(() => claimTensors(extras, { ignore }).finish()).lines.have).toBe('1 unused: strayed');
  }
});
