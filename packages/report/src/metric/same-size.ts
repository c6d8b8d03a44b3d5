import { type Frames, SkipstoneError } from '@skipstone/core';

/** Throws a `SkipstoneError` unless both videos have the same number of frames of the same size, and one at least. */
export function assertSameSize(what: string, a: Frames, b: Frames): void {
  const [have, need] = [sizeOf(a), sizeOf(b)];
  if (have === need && a.rgba.length > 0) return;
  throw new SkipstoneError({
    code: 'frames-size',
    what: `${what}: these videos cannot be compared`,
    have: `${have} and ${need}`,
    need: 'one frame or more, and as many of the same size in both',
    do: 'compare runs of one size and one number of frames',
  });
}

const sizeOf = ({ width, height, rgba }: Frames): string => `${rgba.length} frames of ${width}x${height}`;
