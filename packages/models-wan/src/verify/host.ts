import type { Grid } from '@skipstone/core';
import type { Numbers } from '@skipstone/golden';

/** Volumes `[B, C, T, Y, X]` from latent frame `first` on. */
export function framesFrom({ shape, data }: Numbers, first: number): Numbers {
  if (first === 0) return { shape, data };
  const [batch = 0, channels = 0, frames = 0, height = 0, width = 0] = shape;
  const kept = Array.from(data).filter((_, i) => Math.floor(i / (height * width)) % frames >= first);
  return { shape: [batch, channels, frames - first, height, width], data: kept };
}

/** Puts the batch axis back. */
export function stack(samples: readonly Numbers[]): Numbers | undefined {
  const [first] = samples;
  if (!first) return undefined;
  const data = samples.flatMap((one) => Array.from(one.data));
  return { shape: [samples.length, ...first.shape], data };
}

/** Patches `[N, 4·C]` (channel, row, column) as the volume `[C, T, Y, X]` they were cut from. */
export function fromPatches({ data }: Numbers, channels: number, { frames, height, width }: Grid): Numbers {
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [token, inPatch] = [Math.floor(i / (4 * channels)), i % (4 * channels)];
    const [c, py, px] = [inPatch >> 2, (inPatch >> 1) & 1, inPatch & 1];
    const [line, column] = [Math.floor(token / (width / 2)), token % (width / 2)];
    // Lines of patches run on from frame to frame, as those of pixels do.
    out[(c * frames * height + 2 * line + py) * width + 2 * column + px] = data[i] ?? Number.NaN;
  }
  return { shape: [channels, frames, height, width], data: out };
}

/** `[N, D]` as `[D, T, Y, X]`, the layout a convolution gives: tokens run over frames, rows, columns. */
export function asVolume(
  { data }: Numbers,
  width: number,
  { frames, height, width: columns }: Grid,
): Numbers {
  const tokens = data.length / width;
  const out = new Float32Array(data.length);
  for (let n = 0; n < tokens; n++) {
    for (let d = 0; d < width; d++) out[d * tokens + n] = data[n * width + d] ?? Number.NaN;
  }
  return { shape: [width, frames, height / 2, columns / 2], data: out };
}
