/** The shape without the batch of one that diffusers keeps in front. */
export function withoutBatch(shape: readonly number[], rank: number): readonly number[] {
  return shape.length === rank + 1 && shape[0] === 1 ? shape.slice(1) : shape;
}
