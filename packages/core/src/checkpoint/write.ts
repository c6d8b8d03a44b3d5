import { SkipstoneError } from '../error.js';
import type { ElementType, HostTensor } from '../spec/tensor.js';
import { defaultFiles } from './default-files.js';
import { DTYPE_BYTES, type Dtype } from './dtype.js';
import type { ByteSink, Files } from './files.js';
import { byteLengthOf, LARGEST_HEADER_BYTES, PREFIX_BYTES } from './header.js';

/** A tensor whose bytes are made while it is written, piece by piece, so that it never stands in memory whole. */
export interface StreamedTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian, row-major; all pieces together are exactly as long as dtype and shape say. */
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface WriteOptions {
  /** `__metadata__` of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Where to write; Node's file system unless given. */
  readonly files?: Files;
}

interface Item {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Writes a safetensors file. Tensors stand in order of element size (largest first), then name, and the data
 * starts at a multiple of 8, so every tensor is aligned to its elements without holes. The file appears under
 * its name only when it is complete; the same tensors give the same bytes.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor | StreamedTensor>>,
  options: WriteOptions = {},
): Promise<void> {
  const items = itemsOf(tensors);
  const header = headerBytes(items, options.metadata);
  const files = await defaultFiles(options.files);
  const sink = await files.create(path);
  try {
    await sink.write(header);
    for (const one of items) await writeItem(sink, one);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/** What `writeSafetensors` begins such a file with: it says where each tensor will lie. */
export const safetensorsHeader = (
  tensors: Readonly<Record<string, HostTensor | StreamedTensor>>,
  metadata: WriteOptions['metadata'],
): Uint8Array => headerBytes(itemsOf(tensors), metadata);

const itemsOf = (tensors: Readonly<Record<string, HostTensor | StreamedTensor>>): readonly Item[] =>
  Object.entries(tensors)
    .map(([name, tensor]) => item(name, tensor))
    .sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : 1));

const DTYPE_OF = {
  float32: 'F32',
  float16: 'F16',
  int64: 'I64',
  int32: 'I32',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<ElementType, Dtype>;

function item(name: string, tensor: HostTensor | StreamedTensor): Item {
  const dtype = 'dtype' in tensor ? tensor.dtype : DTYPE_OF[tensor.type];
  const bytes = byteLengthOf(dtype, tensor.shape);
  if (name === '__metadata__') throw fault(name, 'the name __metadata__', 'another name');
  if (bytes === undefined) throw fault(name, `[${tensor.shape.join(', ')}]`, 'at most 2^53 − 1 bytes');
  if ('pieces' in tensor) return { name, dtype, shape: tensor.shape, bytes, pieces: () => tensor.pieces() };
  const { data } = tensor;
  if (data.byteLength !== bytes) throw wrongLength(name, data.byteLength, bytes);
  const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dtype, shape: tensor.shape, bytes, pieces: () => [view] };
}

function headerBytes(items: readonly Item[], metadata: WriteOptions['metadata']): Uint8Array {
  const entries: [string, unknown][] = [];
  if (metadata !== undefined) entries.push(['__metadata__', metadata]);
  let end = 0;
  for (const { name, dtype, shape, bytes } of items) {
    entries.push([name, { dtype, shape, data_offsets: [end, end + bytes] }]);
    end += bytes;
  }
  // Joined by hand: an object would move names that look like numbers to its front.
  const text = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.byteLength / 8) * 8;
  if (length > LARGEST_HEADER_BYTES) {
    throw fault('all', `a header of ${length} bytes`, `at most ${LARGEST_HEADER_BYTES}`);
  }
  const header = new Uint8Array(PREFIX_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, PREFIX_BYTES);
  return header;
}

async function writeItem(sink: ByteSink, { name, bytes, pieces }: Item): Promise<void> {
  let written = 0;
  for await (const piece of pieces()) {
    written += piece.byteLength;
    if (written > bytes) break;
    await sink.write(piece);
  }
  if (written !== bytes) throw wrongLength(name, written, bytes);
}

function wrongLength(name: string, have: number, need: number): SkipstoneError {
  return fault(
    name,
    `${have} bytes of data${have > need ? ' or more' : ''}`,
    `${need}, as type and shape say`,
  );
}

function fault(name: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-write',
    what: `the tensor '${name}' cannot be written`,
    have,
    need,
    do: 'correct its type, shape or data',
  });
}
