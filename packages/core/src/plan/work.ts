import type { Dim } from '../spec/pass.js';
import type { PlannedNode } from './split.js';

/** Floating-point operations of a node for given lengths of the named axes. */
export function workOf(node: PlannedNode, sizes: ReadonlyMap<string, number>): number {
  return node.work.reduce((sum, term) => sum + term.scale * elements(term.dims, sizes), 0);
}

/** Elements of a shape for given lengths of the named axes; an axis without a length counts as one. */
export function elements(shape: readonly Dim[], sizes: ReadonlyMap<string, number>): number {
  return shape.reduce<number>(
    (product, dim) => product * (typeof dim === 'number' ? dim : (sizes.get(dim) ?? 1)),
    1,
  );
}
