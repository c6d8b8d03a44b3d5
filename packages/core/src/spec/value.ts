import type { ElementType } from './tensor.js';

/** An axis: a length, the name of one that is known only at run time (`A.video`, `N.video`, `S`), or so many times one. */
export type Dim = number | string | { readonly axis: string; readonly times: number };

/** A value inside an emitted graph: a name, a type, a symbolic shape. Nothing is computed yet. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
  /** What it is, where it comes from outside. */
  readonly source?: Source;
}

/** Latents and row ids of a stream, a condition, a table, a clock and the row of it that each token follows. */
export interface Source {
  readonly kind: 'latents' | 'rows' | 'condition' | 'table' | 'clock' | 'clock-row';
  readonly name: string;
}
