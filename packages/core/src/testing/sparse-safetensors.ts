import { open } from 'node:fs/promises';
import { DTYPE_BYTES } from '../checkpoint/dtype.js';

/**
 * Writes a safetensors file that has a header and is as long as it says: its zeros take no room on disk. For what
 * reads headers of models of any size.
 */
export async function writeSparse(
  path: string,
  shapes: Iterable<readonly [name: string, shape: readonly number[]]>,
  dtype: 'F32' | 'BF16' = 'BF16',
): Promise<void> {
  let end = 0;
  const entries = [...shapes].map(([name, shape]) => {
    const begin = end;
    end += shape.reduce((a, b) => a * b, DTYPE_BYTES[dtype]);
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const header = Buffer.alloc(8 + Math.ceil(json.byteLength / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.byteLength - 8));
  json.copy(header, 8);
  const file = await open(path, 'wx');
  try {
    await file.write(header);
    await file.truncate(header.byteLength + end);
  } finally {
    await file.close();
  }
}
