import type { OpenModel } from '../graph/model-weights.js';
import type { FileRange } from '../graph/node.js';
import type { QuantisedWeight, WeightSource } from '../graph/weights.js';
import { quantisedShapes } from './blocks.js';
import { type BlockForm, blockForm, matrixForm } from './form.js';
import { type Matrix, quantisedMatrices } from './matrices.js';

/**
 * A model's weights with these of them quantised; all others, every check of a shape, and what is added to
 * them, are its own.
 */
export function quantisedSource(
  { weights }: OpenModel,
  quantised: ReadonlyMap<string, QuantisedWeight>,
): WeightSource {
  const forms = new Set([...quantised.values()].map(({ bits, block }) => `int${bits} in blocks of ${block}`));
  return {
    ...weights,
    fingerprint: [weights.fingerprint, ...forms].join(', '),
    find: (name, shape) => {
      const { additions, ...stored } = weights.find(name, shape);
      return { ...(quantised.get(name) ?? stored), ...(additions ? { additions } : {}) };
    },
  };
}

/**
 * What a model's weights would be, for a plan made before there is a sidecar: right in every number of
 * bytes, with places that lead nowhere.
 */
export function outlineSource(model: OpenModel, bits: BlockForm['bits'], block?: number): WeightSource {
  const form = blockForm(bits, block);
  const range = (byteLength: number): FileRange => ({ file: '/unmade', offset: 0, byteLength });
  const quantised = quantisedMatrices(model).map((matrix) => {
    const { values, scales } = sidecarBytes(matrix, form);
    const own = matrixForm(form, matrix);
    return [
      matrix.name,
      { kind: 'quantised', ...own, values: range(values), scales: range(scales) },
    ] as const;
  });
  return quantisedSource(model, new Map(quantised));
}

/** Bytes of the two tensors that a matrix becomes. */
export function sidecarBytes(matrix: Matrix, form: BlockForm): { values: number; scales: number } {
  const { values, scales } = quantisedShapes(matrix.shape, matrixForm(form, matrix));
  return { values: values[0] * values[1] * values[2], scales: 4 * scales[0] * scales[1] };
}
