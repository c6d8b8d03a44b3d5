import { type ModelSpec, recordPass } from '@skipstone/core';

/** Shapes of tensors by their names in a checkpoint. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Writes down a pass of a model that has no weights yet; gives the shapes of those it reads, too. */
export function writtenPass(
  spec: ModelSpec,
  form: { readonly variant: string; readonly rows: boolean } = { variant: 'plain', rows: false },
): { readonly pass: ReturnType<typeof recordPass>; readonly shapes: Shapes } {
  const shapes: Record<string, readonly number[]> = {};
  const find = (name: string, shape: readonly number[]) => {
    shapes[name] = shape;
    return { kind: 'stored', type: 'float32', range: { bytes: new Uint8Array() } } as const;
  };
  const options = { compute: 'float32', weights: 'mapped', decompose: new Set<never>() } as const;
  return { pass: recordPass(spec, form, { find }, options), shapes };
}

/** Every tensor that a model's pass reads: what a checkpoint of it has to hold. */
export const claimedShapes = (spec: ModelSpec): Shapes => writtenPass(spec).shapes;

/** Values in a tensor. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
