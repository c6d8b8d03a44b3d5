import { nearestName, SkipstoneError } from '../error.js';
import type { Streams } from '../spec/tensor.js';

/** `fn` of each stream, given its name. */
export function mapStreams<A, B>(streams: Streams<A>, fn: (value: A, stream: string) => B): Streams<B> {
  return Object.fromEntries(Object.entries(streams).map(([stream, value]) => [stream, fn(value, stream)]));
}

/** The value of one stream, or an error that names the nearest. */
export function streamOf<T>(kernel: string, streams: Streams<T>, stream: string): T {
  const value = Object.hasOwn(streams, stream) ? streams[stream] : undefined;
  if (value !== undefined) return value;
  const known = Object.keys(streams);
  const near = nearestName(stream, known);
  throw new SkipstoneError({
    code: 'kernel-streams',
    what: `${kernel}: no stream '${stream}'`,
    have: known.length === 0 ? 'no streams' : known.join(', '),
    need: `'${stream}'`,
    do: near === undefined ? 'pass the streams of the model' : `use a stream that is there, e.g. '${near}'`,
  });
}

/** Two records must name the same streams: a kernel never drops one without a word. */
export function assertSameStreams(kernel: string, a: Streams<unknown>, b: Streams<unknown>): void {
  for (const stream of Object.keys(a)) streamOf(kernel, b, stream);
  for (const stream of Object.keys(b)) streamOf(kernel, a, stream);
}
