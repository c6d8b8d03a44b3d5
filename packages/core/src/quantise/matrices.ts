import { SkipstoneError } from '../error.js';
import type { OpenModel } from '../graph/model-weights.js';
import { type PassGraph, recordPass } from '../graph/pass-graph.js';
import type { StoredWeight, WeightSource } from '../graph/weights.js';

/** A weight that is worth quantising. */
export interface Matrix {
  readonly name: string;
  /** `[out, in]`. */
  readonly shape: readonly [out: number, width: number];
  readonly stored: StoredWeight;
  /** It multiplies clocks alone: one row a step, whose error reaches every token. Kept in 8 bits. */
  readonly clock: boolean;
}

/**
 * Both widths of a matrix must reach this. Narrower ones stand at the ends of a model (patches in, patches
 * out) or in toys, where there is nothing to save. The demo model's blocks are 192 wide.
 */
const MIN_WIDTH = 192;

/**
 * The matrices of a model that are quantised, by what they do and not by their names: the plain pass is
 * recorded and its linear products looked at. One is taken if it is a matrix in the checkpoint too, is read
 * by linear products alone, is at least 192 wide both ways, and comes before the end of the last block.
 * Left as they are: the head (what comes after the last block: its error stands in the prediction undamped),
 * patch embeddings (not matrices, or narrow), biases, norms and tables.
 */
export function quantisedMatrices({ spec, weights }: OpenModel): readonly Matrix[] {
  const found = new Map<string, { readonly shape: readonly number[]; readonly stored: StoredWeight }>();
  const watched: WeightSource = {
    find: (name, shape) => {
      const stored = weights.find(name, shape);
      if (stored.kind === 'quantised') throw alreadyQuantised(name);
      found.set(name, { shape, stored });
      return stored;
    },
  };
  const graph = recordPass(spec, { variant: 'plain', rows: false }, watched, {
    compute: 'float32',
    weights: 'mapped',
    decompose: new Set(),
  });
  const matrices: Matrix[] = [];
  for (const [name, clock] of linearWeights(graph)) {
    const { shape, stored } = found.get(name) ?? {};
    const [out, width, ...more] = shape ?? [];
    if (!stored || out === undefined || width === undefined || more.length > 0) continue;
    if (Math.min(out, width) >= MIN_WIDTH) matrices.push({ name, shape: [out, width], stored, clock });
  }
  if (matrices.length > 0) return matrices;
  throw new SkipstoneError({
    code: 'quantise-nothing',
    what: `${spec.name}: no weight is worth quantising`,
    have: `${found.size} tensors`,
    need: `a linear product whose matrix is at least ${MIN_WIDTH} wide both ways`,
    do: 'run it without int8 or int4',
  });
}

/** Weights that are the matrix of products before the head and nothing else; true for those of clocks alone. */
function linearWeights({ recorder, stations }: PassGraph): ReadonlyMap<string, boolean> {
  const { nodes, values } = recorder;
  const trunk = stations.findLast((station) => station.kind === 'hidden')?.position ?? nodes.length;
  const casts = new Map<string, string>();
  for (const { op, lifetime, inputs, outputs } of nodes) {
    if (op === 'Cast' && lifetime === 'constant') casts.set(outputs[0] ?? '', inputs[0] ?? '');
  }
  const clocks = clockValues(nodes, values);
  const taken = new Map<string, boolean>();
  const otherwise = new Set<string>();
  nodes.forEach((node, index) => {
    if (casts.has(node.outputs[0] ?? '')) return;
    const linear = node.op === 'Gemm' && index < trunk;
    node.inputs.forEach((input, place) => {
      const name = casts.get(input) ?? input;
      if (!linear || place !== 1) otherwise.add(name);
      else taken.set(name, (taken.get(name) ?? true) && clocks.has(node.inputs[0] ?? ''));
    });
  });
  return new Map([...taken].filter(([name]) => !otherwise.has(name)));
}

type Recorded = PassGraph['recorder'];

/** Values that follow from clocks and weights alone. */
function clockValues(nodes: Recorded['nodes'], values: Recorded['values']): ReadonlySet<string> {
  const told = [...values.values()].filter(({ value }) => value.source?.kind.startsWith('clock'));
  const clocks = new Set(told.map(({ value }) => value.name));
  for (const node of nodes) {
    const moving = node.inputs.filter((input) => values.get(input)?.lifetime !== undefined);
    if (moving.length === 0 || !moving.every((input) => clocks.has(input))) continue;
    for (const output of node.outputs) clocks.add(output);
  }
  return clocks;
}

function alreadyQuantised(name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'quantise-twice',
    what: `${name} is quantised already`,
    have: 'weights from a sidecar file',
    need: "the checkpoint's own weights",
    do: 'quantise the model as it was opened',
  });
}
