import type { OpenModel } from '../graph/model-weights.js';
import type { FileRange } from '../graph/node.js';
import type { WeightSource } from '../graph/weights.js';
import { quantisedShapes } from './blocks.js';
import { type BlockForm, blockForm } from './form.js';
import { type Matrix, quantisedMatrices } from './matrices.js';

/** Where the two tensors of a quantised matrix lie. */
export interface QuantisedRanges {
  readonly values: FileRange;
  readonly scales: FileRange;
}

/** A model's weights with these matrices quantised; all others, and every check of a shape, are its own. */
export function quantisedSource(
  { weights }: OpenModel,
  form: BlockForm,
  ranges: ReadonlyMap<string, QuantisedRanges>,
): WeightSource {
  return {
    find: (name, shape) => {
      const stored = weights.find(name, shape);
      const range = ranges.get(name);
      return range ? { kind: 'quantised', ...form, ...range } : stored;
    },
  };
}

/**
 * What a model's weights would be, for a plan made before there is a sidecar: right in every number of
 * bytes, with places that lead nowhere.
 */
export function outlineSource(model: OpenModel, bits: BlockForm['bits'], block?: number): WeightSource {
  const form = blockForm(bits, block);
  const ranges = quantisedMatrices(model).map((matrix) => {
    const { values, scales } = sidecarBytes(matrix, form);
    const range = (byteLength: number): FileRange => ({ file: '/unmade', offset: 0, byteLength });
    return [matrix.name, { values: range(values), scales: range(scales) }] as const;
  });
  return quantisedSource(model, form, new Map(ranges));
}

/** Bytes of the two tensors that a matrix becomes. */
export function sidecarBytes({ shape }: Matrix, form: BlockForm): { values: number; scales: number } {
  const { values, scales } = quantisedShapes(shape, form);
  return { values: values[0] * values[1] * values[2], scales: 4 * scales[0] * scales[1] };
}
