import type { ElementType } from './tensor.js';

/**
 * An axis: a length, or the name of one that is known only at run time (`A.video`, `N.video`, `S`), or so many
 * times one (`A.video·32`).
 */
export type Dim = number | string;

/** A value inside an emitted graph: a name, a type, a symbolic shape. Nothing is computed yet. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}
