import type { Files } from '../checkpoint/files.js';
import { type Float8, fromFloat8 } from '../checkpoint/float8.js';
import { toBfloat16 } from '../checkpoint/half.js';
import { readNumbers } from '../checkpoint/read.js';
import type { StreamedTensor } from '../checkpoint/write.js';
import { SkipstoneError } from '../error.js';
import type { Float8Tensor } from './float8-tensors.js';

/** Values that stand in memory at once: their 8 bits and the 16 they become. */
const CHUNK = 8 * 2 ** 20;

/** A tensor of 8-bit floats as bfloat16: each value times its scale, rounded to nearest. Made piece by piece. */
export function bfloat16Tensor(tensor: Float8Tensor, files: Files, signal?: AbortSignal): StreamedTensor {
  return { dtype: 'BF16', shape: tensor.entry.shape, pieces: () => pieces(tensor, files, signal) };
}

async function* pieces(
  { entry, scale }: Float8Tensor,
  files: Files,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const scales = scale ? await readNumbers(scale, { files }) : [1];
  const perScale = entry.byteLength / scales.length;
  const source = await files.open(entry.file);
  let row = -1;
  let table = new Uint16Array();
  try {
    for (let at = 0; at < entry.byteLength; at += CHUNK) {
      signal?.throwIfAborted();
      const codes = await source.read(entry.offset + at, Math.min(CHUNK, entry.byteLength - at));
      const out = new Uint16Array(codes.length);
      for (let i = 0; i < codes.length; ) {
        const next = Math.floor((at + i) / perScale);
        if (next !== row) table = bitsOf(entry.dtype as Float8, scales[next] ?? Number.NaN);
        row = next;
        const end = Math.min(codes.length, (row + 1) * perScale - at);
        for (; i < end; i++) {
          const bits = table[codes[i] as number] as number;
          if ((bits & 0x7f80) === 0x7f80) throw notFinite(entry, at + i, codes[i] as number, scales[row]);
          out[i] = bits;
        }
      }
      yield new Uint8Array(out.buffer);
    }
  } finally {
    await source.close();
  }
}

/** bfloat16 bits of every code times a scale. */
const bitsOf = (dtype: Float8, scale: number): Uint16Array<ArrayBuffer> =>
  Uint16Array.from({ length: 256 }, (_, code) => toBfloat16(fromFloat8(dtype, code) * scale));

function notFinite(
  { name, file, dtype }: Float8Tensor['entry'],
  index: number,
  code: number,
  scale: number | undefined,
): SkipstoneError {
  return new SkipstoneError({
    code: 'float8-values',
    what: `${file}: the weight '${name}' is not a number`,
    have: `${fromFloat8(dtype as Float8, code)} times ${scale}, value ${index} (${dtype} code ${code})`,
    need: 'finite numbers',
    do: 'download the checkpoint again, or use its bf16 file',
  });
}
