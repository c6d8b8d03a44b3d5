import { type HostTensor, SkipstoneError } from '@skipstone/core';

/** What may be done to latents once they are larger; both are off by default, as in the reference. */
export interface Toning {
  /** 0 to 1: how far each channel goes back to the mean and spread it had before. Default 0. */
  readonly adain?: number | undefined;
  /** 0 to 1: how far large values are pressed together. Default 0. */
  readonly toneMap?: number | undefined;
}

/** Latents `[C, …]`, given what they were made from. Source: LTX2LatentUpsamplePipeline of diffusers 58eb52c0. */
export function toned(made: HostTensor, from: HostTensor, toning: Toning): HostTensor {
  const { adain = 0, toneMap = 0 } = toning;
  for (const [name, value] of Object.entries({ adain, toneMap })) {
    if (!(value >= 0 && value <= 1)) throw outOfRange(name, value);
  }
  if (adain === 0 && toneMap === 0) return made;
  const [channels = 1] = made.shape;
  const data = new Float32Array(made.data.length);
  for (let c = 0; c < channels; c++) {
    const own = channelOf(made, c);
    const [had, has] = [moments(channelOf(from, c)), moments(own)];
    own.forEach((y, i) => {
      const back = ((y - has.mean) / has.spread) * had.spread + had.mean;
      data[c * own.length + i] = pressed(adain === 0 ? y : y + adain * (back - y), toneMap);
    });
  }
  return { ...made, data };
}

/** y·(1 − 0.8·k·sigmoid(4·k·(|y| − 1))), k = 0.75·by. */
function pressed(y: number, by: number): number {
  const k = 0.75 * by;
  return by === 0 ? y : y * (1 - (0.8 * k) / (1 + Math.exp(-4 * k * (Math.abs(y) - 1))));
}

function channelOf({ shape: [channels = 1], data }: HostTensor, channel: number): Float32Array {
  const size = data.length / channels;
  return (data as Float32Array).subarray(channel * size, (channel + 1) * size);
}

/** The spread is unbiased. */
function moments(values: Float32Array): { readonly mean: number; readonly spread: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / (values.length - 1)) };
}

function outOfRange(name: string, value: number): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-upsample-option',
    what: `latent upsampler: ${name} is out of range`,
    have: String(value),
    need: '0 (off) to 1',
    do: 'leave it out',
  });
}
