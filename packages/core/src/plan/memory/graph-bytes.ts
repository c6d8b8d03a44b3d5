import type { Node, Work } from '../../graph/node.js';
import type { Recorder } from '../../graph/recorder.js';
import type { Value } from '../../spec/value.js';
import { ELEMENT_BYTES } from '../cut/bounds.js';
import { elements } from '../cut/work.js';
import { bufferBytes } from './buffers.js';

export const NO_AXES: ReadonlyMap<string, number> = new Map();

/** Held at the biggest moment of a graph that stands alone: inputs, what it makes, float32 copies of its weights. */
export function graphBytes(
  recorder: Recorder,
  { inputs, outputs }: { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] },
): number {
  const sized = (name: string) => {
    const { value } = recorder.facts(name);
    return { shape: value.shape, bytes: ELEMENT_BYTES[value.type] * elements(value.shape, NO_AXES) };
  };
  // Casts of weights are executed first and held to the end, as in any session.
  const isCast = ({ op, inputs: [source = ''] }: Node) => op === 'Cast' && recorder.initializers.has(source);
  const casts = recorder.nodes.filter(isCast).flatMap((node) => node.outputs);
  const always = [...inputs.map(({ name }) => name), ...casts].reduce(
    (sum, name) => sum + sized(name).bytes,
    0,
  );
  const rest = recorder.nodes.filter((node) => !isCast(node));
  return bufferBytes(rest, outputs, always, sized);
}

export const flopsOf = (work: Work): number =>
  work.reduce((sum, { scale, dims }) => sum + scale * elements(dims, NO_AXES), 0);
