import type { HostTensor } from '@skipstone/core';

/** How many values of a sinc on either side, and how near to half the rate it passes. Source: LTX2VocoderWithBWE. */
const WIDTH = 6;
const ROLLOFF = 0.99;

/** A sound at `ratio` times its rate, by a sinc in a Hann window; ends go on as they are. */
export function longer({ shape: [channels = 1, length = 0], data }: HostTensor, ratio: number): HostTensor {
  const width = Math.ceil(WIDTH / ROLLOFF);
  const taps = Array.from({ length: 2 * width * ratio + 1 }, (_, i) => {
    const time = (i / ratio - width) * ROLLOFF;
    const edge = Math.min(WIDTH, Math.max(-WIDTH, time));
    const window = Math.cos((edge * Math.PI) / WIDTH / 2) ** 2;
    const sinc = time === 0 ? 1 : Math.sin(Math.PI * time) / (Math.PI * time);
    return Math.fround((sinc * window * ROLLOFF) / ratio);
  });
  const made = new Float32Array(channels * length * ratio);
  for (let c = 0; c < channels; c++) {
    const at = (k: number): number => Number(data[c * length + Math.min(length - 1, Math.max(0, k - width))]);
    for (let j = 0; j < length * ratio; j++) {
      // Sample j of what is left of the transposed convolution once 2·width·ratio values are cut off in front.
      const place = j + 2 * width * ratio;
      let sum = 0;
      for (let tap = place % ratio; tap < taps.length; tap += ratio)
        sum += (taps[tap] ?? 0) * at((place - tap) / ratio);
      made[c * length * ratio + j] = ratio * sum;
    }
  }
  return { type: 'float32', shape: [channels, length * ratio], data: made };
}
