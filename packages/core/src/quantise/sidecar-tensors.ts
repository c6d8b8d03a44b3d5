import type { Files } from '../checkpoint/files.js';
import { widenBfloat16, widenFloat16 } from '../checkpoint/half.js';
import type { StreamedTensor } from '../checkpoint/write.js';
import { SkipstoneError } from '../error.js';
import type { StoredWeight } from '../graph/weights.js';
import { blockScales, quantisedShapes, quantiseRows } from './blocks.js';
import { type BlockForm, matrixForm } from './form.js';
import type { Matrix } from './matrices.js';

/**
 * Values of a matrix that stand in memory at once, as float32. With the bytes they came from and the codes
 * they become, making a sidecar needs at most three times this (one row if a row is longer), whatever the
 * size of the model. Measured with what the garbage collector has not got round to: 70 MB at most.
 */
const CHUNK_BYTES = 8 * 2 ** 20;

/** Bytes of a source type. */
const STORED_BYTES = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
} as const satisfies Record<StoredWeight['type'], number>;

export interface Streaming {
  readonly files: Files;
  readonly form: BlockForm;
  /** Told each stretch of weights that was read; each is read twice. */
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Name of the scales of a matrix; its values keep the matrix's own name. */
export const scalesName = (name: string): string => `${name}.scales`;

/**
 * The tensors of a sidecar, made while they are written. Scales come first in the file (they are wider), so
 * each matrix is read twice: once for its scales, once for its values.
 */
export function sidecarTensors(
  matrices: readonly Matrix[],
  streaming: Streaming,
): Readonly<Record<string, StreamedTensor>> {
  const tensors: Record<string, StreamedTensor> = {};
  for (const matrix of matrices) {
    const { name, shape } = matrix;
    const form = matrixForm(streaming.form, matrix);
    const shapes = quantisedShapes(shape, form);
    const pieces =
      (work: (rows: Float32Array) => ArrayBufferView<ArrayBuffer>) => (): AsyncIterable<Uint8Array> =>
        quantisedPieces(matrix, streaming, work);
    tensors[scalesName(name)] = {
      dtype: 'F32',
      shape: shapes.scales,
      pieces: pieces((rows) => blockScales(rows, shape[1], form)),
    };
    tensors[name] = {
      dtype: 'U8',
      shape: shapes.values,
      pieces: pieces((rows) => quantiseRows(rows, shape[1], form).values),
    };
  }
  return tensors;
}

/** Bytes of weights that are read to make a sidecar. */
export function bytesToRead(matrices: readonly Matrix[]): number {
  return matrices.reduce(
    (sum, { shape, stored }) => sum + 2 * STORED_BYTES[stored.type] * shape[0] * shape[1],
    0,
  );
}

async function* quantisedPieces(
  { name, shape: [out, width], stored }: Matrix,
  { files, onBytes, signal }: Streaming,
  work: (rows: Float32Array) => ArrayBufferView<ArrayBuffer>,
): AsyncIterable<Uint8Array> {
  const rowBytes = STORED_BYTES[stored.type] * width;
  const rows = Math.max(1, Math.floor(CHUNK_BYTES / (4 * width)));
  const source = await opened(stored, files);
  try {
    for (let row = 0; row < out; row += rows) {
      signal?.throwIfAborted();
      const bytes = await source.read(row * rowBytes, Math.min(rows, out - row) * rowBytes);
      const { buffer, byteOffset, byteLength } = named(name, () => work(WIDEN[stored.type](bytes)));
      yield new Uint8Array(buffer, byteOffset, byteLength);
      onBytes(bytes.byteLength);
    }
  } finally {
    await source.close();
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of a read are memory of their own, so they may be looked at as numbers where they stand. */
const WIDEN = {
  float32: ({ buffer }: Bytes) => new Float32Array(buffer),
  float16: ({ buffer }: Bytes) => widenFloat16(new Uint16Array(buffer)),
  bfloat16: ({ buffer }: Bytes) => widenBfloat16(new Uint16Array(buffer)),
} as const satisfies Record<StoredWeight['type'], (bytes: Bytes) => Float32Array>;

interface Readable {
  read(offset: number, length: number): Bytes | Promise<Bytes>;
  close(): void | Promise<void>;
}

/** The bytes of a weight, in its file or in memory. */
async function opened({ range }: StoredWeight, files: Files): Promise<Readable> {
  if ('bytes' in range) {
    return { read: (offset, length) => range.bytes.slice(offset, offset + length) as Bytes, close: () => {} };
  }
  const source = await files.open(range.file);
  return {
    read: (offset, length) => source.read(range.offset + offset, length),
    close: () => source.close(),
  };
}

/** An error of arithmetic knows its numbers but not whose they are. */
function named<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SkipstoneError ? error.relabelled(name) : error;
  }
}
