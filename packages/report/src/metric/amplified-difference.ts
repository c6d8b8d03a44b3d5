import type { Frames } from '@skipstone/core';
import { assertSameSize } from './same-size.js';

/**
 * |a − b| of every channel times `gain` (above 0, default 8), clamped to 255; black where the videos agree.
 * Opaque. Throws a `SkipstoneError` for videos of different sizes.
 */
export function amplifiedDifference(a: Frames, b: Frames, gain = 8): Frames {
  assertSameSize('amplifiedDifference', a, b);
  const rgba = a.rgba.map((frame, i) => {
    const other = b.rgba[i] ?? frame;
    return frame.map((value, at) => (at % 4 === 3 ? 255 : gain * Math.abs(value - (other[at] ?? 0))));
  });
  return { ...a, rgba };
}
