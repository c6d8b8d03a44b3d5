import type { ModelSpec, Streams, TokenStorage } from '@skipstone/core';
import type { Settled } from './options.js';

/** Bytes of what is kept, for N rows of each stream: the reused value of each branch, and the watched one. */
export function keptBytes(
  { space, storage, predictor }: Pick<Settled, 'space' | 'storage' | 'predictor'>,
  { streams }: Pick<ModelSpec, 'streams'>,
  rows: Streams<number>,
  watched: string,
  branches = 2,
): number {
  const copies = predictor === 'extrapolated' ? 2 : 1;
  const reused = Object.entries(streams).reduce((sum, [stream, { patch, width }]) => {
    return sum + bytesOf(storage.residual, rows[stream] ?? 0, space === 'output' ? patch : width);
  }, 0);
  const proxy = bytesOf(storage.proxy, rows[watched] ?? 0, streams[watched]?.width ?? 0);
  return branches * (copies * reused + proxy);
}

/** A row of int8 has a float32 scale. */
function bytesOf(storage: TokenStorage, rows: number, width: number): number {
  if (storage === 'int8') return rows * (width + 4);
  return rows * width * (storage === 'bfloat16' ? 2 : 4);
}
