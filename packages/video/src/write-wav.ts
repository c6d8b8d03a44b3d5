import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { placeTemporary, SkipstoneError, withTemporary, writeError } from '@skipstone/core';

/** Samples from −1 to 1, one list a channel. */
export interface Sound {
  readonly rate: number;
  readonly samples: readonly Float32Array[];
}

const HEADER_BYTES = 44;

/** Writes a `.wav` of 16 bits a sample; it appears whole or not at all. Error `write-sound`. */
export async function writeWav(path: string, sound: Sound): Promise<void> {
  const bytes = encodeWav(sound);
  const target = resolve(path);
  try {
    await withTemporary(dirname(target), 'file', async (temporary) => {
      await writeFile(temporary, bytes);
      await placeTemporary(temporary, target);
    });
  } catch (cause) {
    throw writeError(target, cause);
  }
}

/** The bytes of a `.wav`: RIFF, PCM, little-endian. */
export function encodeWav({ rate, samples }: Sound): Uint8Array {
  const channels = samples.length;
  const length = samples[0]?.length ?? 0;
  const uneven = samples.some((one) => one.length !== length);
  if (channels === 0 || channels > 64 || length === 0 || uneven || !(Number.isInteger(rate) && rate > 0)) {
    throw new SkipstoneError({
      code: 'write-sound',
      what: 'write: this is no sound',
      have: `${channels} channels of ${samples.map((one) => one.length).join(', ')} samples, ${rate} a second`,
      need: '1 to 64 channels of one length, a whole number of samples a second',
      do: 'give one list of samples a channel',
    });
  }
  const data = Buffer.alloc(HEADER_BYTES + 2 * channels * length);
  data.write('RIFF', 0);
  data.writeUInt32LE(data.length - 8, 4);
  data.write('WAVEfmt ', 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(channels, 22);
  data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(2 * channels * rate, 28);
  data.writeUInt16LE(2 * channels, 32);
  data.writeUInt16LE(16, 34);
  data.write('data', 36);
  data.writeUInt32LE(data.length - HEADER_BYTES, 40);
  samples.forEach((one, c) => {
    one.forEach((value, i) => {
      const whole = Math.round(32767 * Math.min(1, Math.max(-1, value)));
      data.writeInt16LE(whole, HEADER_BYTES + 2 * (i * channels + c));
    });
  });
  return data;
}
