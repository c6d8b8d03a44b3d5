import type { ModelSpec, Streams, TokenStorage } from '@skipstone/core';
import type { Settled } from './options.js';

/** What is kept of a phase: N rows of each stream, for so many branches, of which some decide. */
export interface Kept {
  readonly rows: Streams<number>;
  readonly branches: number;
  readonly deciding: number;
}

/** Bytes of what is reused, for each branch, and of the watched value, for each branch that decides. */
export function keptBytes(
  { space, storage, predictor, stream }: Pick<Settled, 'space' | 'storage' | 'predictor' | 'stream'>,
  { streams }: Pick<ModelSpec, 'streams'>,
  { rows, branches, deciding }: Kept,
): { readonly residual: number; readonly proxy: number } {
  const copies = predictor === 'extrapolated' ? 2 : 1;
  const reused = Object.entries(streams).reduce((sum, [name, { patch, width }]) => {
    return sum + bytesOf(storage.residual, rows[name] ?? 0, space === 'output' ? patch : width);
  }, 0);
  const watched = stream ?? Object.keys(streams)[0] ?? '';
  const proxy = bytesOf(storage.proxy, rows[watched] ?? 0, streams[watched]?.width ?? 0);
  return { residual: branches * copies * reused, proxy: deciding * proxy };
}

/** A row of int8 has a float32 scale. */
function bytesOf(storage: TokenStorage, rows: number, width: number): number {
  if (storage === 'int8') return rows * (width + 4);
  return rows * width * (storage === 'bfloat16' ? 2 : 4);
}
