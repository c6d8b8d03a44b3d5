import type { Dim, Grid, ModelSpec } from '@skipstone/core';
import { writtenPass } from '../published/claimed-shapes.js';

/** What one pass of a model computes and reads at one size, counted from its graph. */
export interface MeasuredPass {
  readonly rows: Readonly<Record<string, number>>;
  /** Operations of all products, and of the video's tokens reading each other. */
  readonly work: number;
  readonly selfAttention: number;
  /** Values of keys and values a block: those of tokens, and those of text. */
  readonly keysValues: number;
  readonly textKeysValues: number;
}

type Dims = readonly Dim[];

/** Counts a pass at a size of latents, for given lengths of the axes of text. */
export function measuredPass(
  spec: ModelSpec,
  grid: Grid,
  lengths: Readonly<Record<string, number>>,
): MeasuredPass {
  const record = (rows: boolean) => writtenPass(spec, { variant: 'plain', rows }).pass;
  const rows = spec.rows(grid);
  const axes = new Map(Object.entries(lengths));
  for (const [stream, n] of Object.entries(rows)) axes.set(`N.${stream}`, n);
  const terms = record(false).recorder.nodes.map(({ op, work }) => ({ op, work }));
  const sum = (of: (op: string, dims: Dims) => boolean): number =>
    terms
      .flatMap(({ op, work }) => work.filter(({ dims }) => of(op, dims)))
      .reduce((all, { scale, dims }) => all + scale * valuesOf(dims, axes), 0);
  const text = terms.flatMap(({ op, work }) => (op === 'MultiHeadAttention' ? work : []));
  const ofText = text.filter(({ dims: [, read = ''] }) => String(read) in lengths);
  return {
    rows,
    work: sum(() => true),
    selfAttention: sum((op, [a, m]) => op === 'MultiHeadAttention' && a === 'N.video' && m === 'N.video'),
    keysValues:
      record(true).caches.reduce(
        (all, { stream, width }) => all + valuesOf([`N.${stream}`, width], axes),
        0,
      ) / spec.blocks,
    textKeysValues:
      ofText.reduce((all, { dims: [, ...read] }) => all + 2 * valuesOf(read, axes), 0) / spec.blocks,
  };
}

/** Values in a shape. */
export function valuesOf(dims: Dims, axes: ReadonlyMap<string, number>): number {
  return dims.reduce<number>((product, dim) => {
    if (typeof dim === 'number') return product * dim;
    const { axis, times } = typeof dim === 'string' ? { axis: dim, times: 1 } : dim;
    return product * (axes.get(axis) ?? 1) * times;
  }, 1);
}

/** Widths of values that hold something for every token of a stream, counted in widths of the stream; and a shape of each. */
export function widthsOfTokens(spec: ModelSpec, shapes: readonly Dims[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const shape of shapes) {
    const [rows = 1] = shape;
    const [, stream = ''] = /^[AN]\.(\w+)/.exec(typeof rows === 'object' ? rows.axis : String(rows)) ?? [];
    const width = spec.streams[stream]?.width;
    if (width !== undefined) found.set(valuesOf(shape, new Map()) / width, JSON.stringify(shape));
  }
  return found;
}
