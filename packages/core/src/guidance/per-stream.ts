import { mapStreams, streamOf } from '../kernel/stream.js';
import type { Kernels, ScaledTerm } from '../spec/kernel.js';
import type { Streams } from '../spec/tensor.js';

/** One number for all streams, or one for each. */
export type PerStream = number | Streams<number>;

/** The number of one stream; `owner` is whose option it is. */
export function perStream(owner: string, value: PerStream, stream: string): number {
  return typeof value === 'number' ? value : streamOf(owner, value, stream);
}

export function isZero(value: PerStream): boolean {
  return typeof value === 'number' ? value === 0 : Object.values(value).every((one) => one === 0);
}

/** Adds up each stream of `like` with scales of its own. */
export function eachStream(
  kernels: Kernels,
  like: Streams,
  termsOf: (stream: string) => readonly ScaledTerm[],
): Streams {
  return mapStreams(like, (_, stream) => {
    const terms = termsOf(stream).map(({ scale, of }) => ({
      scale,
      of: { [stream]: streamOf('guidance', of, stream) },
    }));
    return streamOf('guidance', kernels.scaledAdd(terms), stream);
  });
}
