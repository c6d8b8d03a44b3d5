import { expect, it } from 'vitest';
import type { Node } from '../../graph/node.js';
import { bufferBytes } from './buffers.js';

/** `c = Op a b`, a line a node. */
const nodes = (text: string): readonly Node[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', , op = '', ...inputs] = line.trim().split(' ');
      return { name, op, domain: '', inputs, outputs: [name], attributes: {} };
    });

/** Values are `[10]`, those whose names begin with w `[100]`: one byte an element. */
const bytes = (text: string, output: string): number =>
  bufferBytes(nodes(text), [{ name: output }], 0, (name) => {
    const size = name.startsWith('w') ? 100 : 10;
    return { shape: [size], bytes: size };
  });

it('a value takes the buffer of a dead one of its shape', () => {
  expect(bytes('a = Gemm x\nb = Gemm a\nc = Gemm b\nd = Gemm c', 'd')).toBe(20);
});

it('a buffer that a later value of its shape takes is kept in between', () => {
  // At the end: the first wide buffer, taken again, and three narrow ones that nobody gave back.
  const once = 'w1 = Gemm x\na = Gemm w1\nb = Gemm a\nc = Relu a b';
  expect(bytes(once, 'c')).toBe(110);
  expect(bytes(`${once}\nd = Relu a b c\nw2 = Gemm d\ne = Gemm w2`, 'e')).toBe(100 + 4 * 10);
});

it('an operator of elements writes over an input that nobody reads after it', () => {
  expect(bytes('a = Gemm x\nb = Mul a a\nc = Add b x', 'c')).toBe(10);
  expect(bytes('a = Gemm x\nb = Mul a a\nc = Add a b', 'c')).toBe(20);
  expect(bytes('a = Gemm x\nb = Gelu a\nc = Gelu b', 'c')).toBe(20);
});

it('a view has no buffer of its own and keeps its source', () => {
  expect(bytes('a = Gemm x\nv = Reshape a\nb = Gemm v\nc = Gemm b v', 'c')).toBe(30);
});

it('what leaves is kept to the end', () => {
  expect(bytes('a = Gemm x\nb = Gemm a\nc = Gemm b', 'a')).toBe(30);
});
