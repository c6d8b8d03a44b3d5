import { SkipstoneError } from '../error.js';
import type { HostTensor } from '../spec/tensor.js';
import type { TensorEntry } from './checkpoint.js';
import { defaultFiles } from './default-files.js';
import type { Dtype } from './dtype.js';
import { type Files, withSource } from './files.js';
import { widenFloat8 } from './float8.js';
import { widenBfloat16, widenFloat16 } from './half.js';
import { byteLengthOf } from './header.js';

export interface ReadOptions {
  /** Where to read from; Node's file system unless given. */
  readonly files?: Files;
}

/**
 * Reads one tensor into host memory: every float type as float32, integers as they are (I8 and I16 as
 * int32). For constants, tests and small tensors; weights stay in their file.
 */
export async function readTensor(entry: TensorEntry, options: ReadOptions = {}): Promise<HostTensor> {
  return { ...DECODE[entry.dtype](await readBytes(entry, options)), shape: entry.shape };
}

/** Reads one tensor as plain numbers, float64 and integers below 2^53 exactly. For small tables. */
export async function readNumbers(entry: TensorEntry, options: ReadOptions = {}): Promise<readonly number[]> {
  if (entry.dtype !== 'F64') return Array.from((await readTensor(entry, options)).data, Number);
  return Array.from(new Float64Array((await readBytes(entry, options)).buffer));
}

/** The stored bytes of one tensor, little-endian, in memory of their own. */
export async function readBytes(entry: TensorEntry, options: ReadOptions = {}): Promise<Bytes> {
  const files = await defaultFiles(options.files);
  return withSource(files, entry.file, async (source) => {
    assertInside(entry, source.size);
    return source.read(entry.offset, entry.byteLength);
  });
}

type Decoded = Pick<HostTensor, 'type' | 'data'>;
type Bytes = Uint8Array<ArrayBuffer>;

/** Typed arrays use the machine's byte order; every machine Node and browsers run on is little-endian. */
const DECODE = {
  F64: ({ buffer }: Bytes): Decoded => ({
    type: 'float32',
    data: new Float32Array(new Float64Array(buffer)),
  }),
  F32: ({ buffer }: Bytes): Decoded => ({ type: 'float32', data: new Float32Array(buffer) }),
  F16: ({ buffer }: Bytes): Decoded => ({ type: 'float32', data: widenFloat16(new Uint16Array(buffer)) }),
  BF16: ({ buffer }: Bytes): Decoded => ({ type: 'float32', data: widenBfloat16(new Uint16Array(buffer)) }),
  I64: ({ buffer }: Bytes): Decoded => ({ type: 'int64', data: new BigInt64Array(buffer) }),
  I32: ({ buffer }: Bytes): Decoded => ({ type: 'int32', data: new Int32Array(buffer) }),
  I16: ({ buffer }: Bytes): Decoded => ({ type: 'int32', data: new Int32Array(new Int16Array(buffer)) }),
  F8_E4M3: (bytes: Bytes): Decoded => ({ type: 'float32', data: widenFloat8('F8_E4M3', bytes) }),
  F8_E5M2: (bytes: Bytes): Decoded => ({ type: 'float32', data: widenFloat8('F8_E5M2', bytes) }),
  I8: ({ buffer }: Bytes): Decoded => ({ type: 'int32', data: new Int32Array(new Int8Array(buffer)) }),
  U8: (bytes: Bytes): Decoded => ({ type: 'uint8', data: bytes }),
  BOOL: (bytes: Bytes): Decoded => ({ type: 'bool', data: bytes }),
} satisfies Record<Dtype, (bytes: Bytes) => Decoded>;

/** An entry may be older than its file, or made by hand. */
function assertInside(entry: TensorEntry, fileBytes: number): void {
  const { name, file, dtype, shape, offset, byteLength } = entry;
  const end = offset + byteLength;
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(end) && offset >= 0 && byteLength >= 0;
  if (whole && end <= fileBytes && byteLengthOf(dtype, shape) === byteLength) return;
  throw new SkipstoneError({
    code: 'checkpoint-read',
    what: `the tensor '${name}' does not fit its file ${file}`,
    have: `bytes ${offset} to ${end} of ${fileBytes}, for ${dtype} [${shape.join(', ')}]`,
    need: 'a place inside the file, as long as type and shape say',
    do: 'open the checkpoint again: the file changed since',
  });
}
