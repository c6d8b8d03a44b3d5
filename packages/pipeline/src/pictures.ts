import { type Picture, resize, toSigned, toTensor, type VideoCodec } from '@skipstone/codecs';
import type { Frames, HostTensor } from '@skipstone/core';

/** Pictures in the size of the video, in [−1, 1], `[3, n, H, W]`. Source: VideoProcessor of diffusers, Lanczos. */
export function toVideo(
  pictures: readonly Picture[],
  { width, height }: { readonly width: number; readonly height: number },
): HostTensor {
  const each = pictures.map((one) => toTensor(resize(one, width, height, 'lanczos'), toSigned));
  const area = width * height;
  const data = new Float32Array(3 * each.length * area);
  for (const [t, frame] of each.entries()) {
    for (let c = 0; c < 3; c++) {
      const from = (frame.data as Float32Array).subarray(c * area, (c + 1) * area);
      data.set(from, (c * each.length + t) * area);
    }
  }
  return { type: 'float32', shape: [3, each.length, height, width], data };
}

/** A video `[3, frames, H, W]` that begins with `first`, ends with `last`, and is `between` elsewhere. */
export function around(
  { shape: [, given = 0, height = 0, width = 0], data }: HostTensor,
  frames: number,
  between: 'grey' | 'last',
  end?: HostTensor,
): HostTensor {
  const area = height * width;
  const whole = new Float32Array(3 * frames * area);
  for (let c = 0; c < 3; c++) {
    for (let t = 0; t < frames; t++) {
      const from = t < given ? t : given - 1;
      if (t >= given && between === 'grey') continue;
      const at = (c * given + from) * area;
      whole.set((data as Float32Array).subarray(at, at + area), (c * frames + t) * area);
    }
    if (end) {
      const last = (end.data as Float32Array).subarray(c * area, (c + 1) * area);
      whole.set(last, (c * frames + frames - 1) * area);
    }
  }
  return { type: 'float32', shape: [3, frames, height, width], data: whole };
}

/** The first latent frames of `[C, T, h, w]`. */
export function firstLatents({ shape, data }: HostTensor, count: number): HostTensor {
  const [channels = 0, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const kept = new Float32Array(channels * count * area);
  for (let c = 0; c < channels; c++) {
    const from = (data as Float32Array).subarray(c * frames * area, (c * frames + count) * area);
    kept.set(from, c * count * area);
  }
  return { type: 'float32', shape: [channels, count, height, width], data: kept };
}

/** Frames `[3, f, H, W]` in [−1, 1] as RGBA bytes. */
export function toRgba({ shape, data }: HostTensor): readonly Uint8ClampedArray[] {
  const [, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  return Array.from({ length: frames }, (_, t) => {
    const rgba = new Uint8ClampedArray(4 * area).fill(255);
    for (let c = 0; c < 3; c++) {
      const from = (c * frames + t) * area;
      for (let i = 0; i < area; i++) rgba[4 * i + c] = 255 * (Number(data[from + i]) / 2 + 0.5);
    }
    return rgba;
  });
}

export type CodecRun = Parameters<VideoCodec['decode']>[1];

/** Pictures of latents, as bytes. */
export async function decoded(
  codec: VideoCodec,
  latents: HostTensor,
  framesPerSecond: number,
  run: CodecRun,
): Promise<Frames> {
  const rgba: Uint8ClampedArray[] = [];
  let size = { width: 0, height: 0 };
  for await (const chunk of codec.decode(latents, run)) {
    const [, , height = 0, width = 0] = chunk.shape;
    size = { width, height };
    rgba.push(...toRgba(chunk));
  }
  return { ...size, framesPerSecond, rgba };
}
