import { type Grid, type HostTensor, SkipstoneError, type Streams } from '@skipstone/core';

export interface PackSizes {
  /** Channels of a latent of sound. */
  readonly audioChannels: number;
  /** Values of a token of each stream. */
  readonly video: number;
  readonly audio: number;
}

/** Latents `[C, T, Y, X]` and `[C, L, M]` → tokens `[T·Y·X, C]` and `[L, C·M]`, channels outermost in both. */
export function packLatents(latents: Streams<HostTensor>, sizes: PackSizes): Streams<HostTensor> {
  return mapStreams(latents, (x, stream) => {
    if (stream === 'video') return turned(x, sizes.video, 1, 'rows');
    return turned(x, sizes.audioChannels, sizes.audio / sizes.audioChannels, 'rows');
  });
}

export function unpackLatents(
  rows: Streams<HostTensor>,
  sizes: PackSizes,
  { frames, height, width }: Grid,
): Streams<HostTensor> {
  return mapStreams(rows, (x, stream) => {
    if (stream === 'video') {
      return { ...turned(x, sizes.video, 1, 'latents'), shape: [sizes.video, frames, height, width] };
    }
    const [tokens = 0] = x.shape;
    const mel = sizes.audio / sizes.audioChannels;
    const shape = [sizes.audioChannels, tokens, mel];
    return { ...turned(x, sizes.audioChannels, mel, 'latents'), shape };
  });
}

/** `[C, n, M]` ↔ `[n, C·M]`. */
function turned(from: HostTensor, channels: number, inner: number, to: 'rows' | 'latents'): HostTensor {
  const { data } = from;
  const width = channels * inner;
  const tokens = data.length / width;
  if (!(data instanceof Float32Array) || !Number.isInteger(tokens)) {
    throw new SkipstoneError({
      code: 'ltx-latents',
      what: 'LTX-2: latents do not fit the model',
      have: `${from.type} [${from.shape.join(', ')}]`,
      need: `float32 of ${channels} channels × ${inner}`,
      do: 'give latents of this model’s autoencoder',
    });
  }
  const out = new Float32Array(data.length);
  for (let n = 0; n < tokens; n++) {
    for (let c = 0; c < channels; c++) {
      for (let m = 0; m < inner; m++) {
        const row = n * width + c * inner + m;
        const latent = (c * tokens + n) * inner + m;
        if (to === 'rows') out[row] = data[latent] ?? 0;
        else out[latent] = data[row] ?? 0;
      }
    }
  }
  return { type: 'float32', shape: [tokens, width], data: out };
}

const mapStreams = (
  streams: Streams<HostTensor>,
  map: (x: HostTensor, stream: string) => HostTensor,
): Streams<HostTensor> =>
  Object.fromEntries(Object.entries(streams).map(([stream, x]) => [stream, map(x, stream)]));
