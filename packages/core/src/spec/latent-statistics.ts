import type { HostTensor } from './tensor.js';

/** Mean and spread of each channel of an autoencoder's latents, which a transformer's are freed from. */
export interface LatentStatistics {
  readonly mean: readonly number[] | Float32Array;
  readonly spread: readonly number[] | Float32Array;
}

/** Latents `[C, …]` as the autoencoder has them. */
export const denormalised = (latents: HostTensor, { mean, spread }: LatentStatistics): HostTensor =>
  perChannel(latents, (z, c) => z * (spread[c] ?? 1) + (mean[c] ?? 0));

/** Latents `[C, …]` as a transformer has them. */
export const normalised = (latents: HostTensor, { mean, spread }: LatentStatistics): HostTensor =>
  perChannel(latents, (z, c) => (z - (mean[c] ?? 0)) / (spread[c] ?? 1));

function perChannel(latents: HostTensor, of: (value: number, channel: number) => number): HostTensor {
  const { shape, data } = latents;
  const size = data.length / (shape[0] ?? 1);
  const mapped = (data as Float32Array).map((value, i) => of(value, Math.floor(i / size)));
  return { type: 'float32', shape, data: mapped };
}
