import type { Dim } from '../../spec/pass.js';
import type { PlannedNode } from './split.js';

/** Floating-point operations of a node for given lengths of the named axes. */
export function workOf(node: PlannedNode, sizes: ReadonlyMap<string, number>): number {
  return node.work.reduce((sum, term) => sum + term.scale * elements(term.dims, sizes), 0);
}

/** Elements of a shape for given lengths of the named axes; an axis without a length counts as one. */
export function elements(shape: readonly Dim[], sizes: ReadonlyMap<string, number>): number {
  return shape.reduce<number>((product, dim) => product * (lengthOf(dim, sizes) ?? 1), 1);
}

/** Length of an axis: its own, or that of the axis it is a multiple of. */
export function lengthOf(dim: Dim, sizes: ReadonlyMap<string, number>): number | undefined {
  if (typeof dim === 'number') return dim;
  if (typeof dim === 'string') return sizes.get(dim);
  const one = sizes.get(dim.axis);
  return one === undefined ? undefined : one * dim.times;
}
