import type { HostTensor } from '../../spec/tensor.js';

/** Width of a row, a hidden state and a text token: small enough to follow by hand. */
export const TOY_WIDTH = 2;
export const TOY_BLOCKS = 4;
export const TOY_STREAMS = ['video', 'audio'] as const;

/** Names and shapes of the toy's tensors, as a checkpoint has them. */
export function toyShapes(): Readonly<Record<string, readonly number[]>> {
  const square = [TOY_WIDTH, TOY_WIDTH];
  const shapes: Record<string, readonly number[]> = { 'text_in.weight': square };
  for (const stream of TOY_STREAMS) {
    shapes[`${stream}_in.weight`] = square;
    shapes[`${stream}_out.weight`] = square;
    for (let i = 0; i < TOY_BLOCKS; i++) shapes[`blocks.${i}.${stream}.to_v.weight`] = square;
  }
  return shapes;
}

/**
 * Weights of a toy: multiples of 1/64, so that sums and products of a few of them are exact in float32.
 * Another seed is another expert.
 */
export function toyWeights(seed = 1): Readonly<Record<string, HostTensor>> {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 24) - 128) / 256;
  };
  return Object.fromEntries(
    Object.entries(toyShapes()).map(([name, shape]) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next);
      return [name, { type: 'float32' as const, shape, data }];
    }),
  );
}
