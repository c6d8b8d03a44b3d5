import { SkipstoneError } from '../error.js';
import { DTYPE_BYTES, type Dtype, isDtype } from './dtype.js';
import { strictJson } from './strict-json.js';

/** Bytes before the JSON: its length, unsigned 64 bit, little-endian. */
export const PREFIX_BYTES = 8;
/** The largest header, as in the reference implementation (`MAX_HEADER_SIZE`). Real ones stay below 1 MB. */
export const LARGEST_HEADER_BYTES = 100_000_000;
/** Header object, tensor object, array. */
const DEPTH = 3;

/** A tensor of one file: where its bytes lie, counted from the start of the file. */
export interface HeaderTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly byteLength: number;
}

export interface Header {
  readonly tensors: readonly HeaderTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** How long the JSON after the first eight bytes is; refuses lengths that the file cannot hold. */
export function headerLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (fileBytes < PREFIX_BYTES || prefix.byteLength < PREFIX_BYTES) {
    throw fault(file, 'is too short', `${fileBytes} bytes`, `at least ${PREFIX_BYTES}`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(LARGEST_HEADER_BYTES)) {
    throw fault(file, 'states too long a header', `${length} bytes`, `at most ${LARGEST_HEADER_BYTES}`);
  }
  const room = fileBytes - PREFIX_BYTES;
  if (length > BigInt(room)) throw cutOff(file, fileBytes, PREFIX_BYTES + Number(length), 'its header');
  return Number(length);
}

/** The tensors of a header, each checked, in order of offset. `json`: the bytes between prefix and data. */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): Header {
  const entries = Object.entries(headerObject(json, file));
  const start = PREFIX_BYTES + json.byteLength;
  const tensors: HeaderTensor[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of entries) {
    if (name === '__metadata__') metadata = checkedMetadata(value, file);
    else tensors.push(checkedTensor(name, value, start, fileBytes, file));
  }
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  assertContiguous(tensors, start, fileBytes, file);
  return { tensors, metadata };
}

function headerObject(json: Uint8Array, file: string): object {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    throw fault(file, 'has a header that is not UTF-8', 'other bytes', 'JSON in UTF-8');
  }
  const parsed = strictJson(text, DEPTH);
  if ('fault' in parsed) {
    throw fault(
      file,
      'has a header that is refused',
      `JSON that ${parsed.fault}`,
      'one JSON object, each key once',
    );
  }
  if (!isRecord(parsed.value)) {
    throw fault(file, 'has a header that is not an object', describe(parsed.value), 'one JSON object');
  }
  return parsed.value;
}

function checkedMetadata(value: unknown, file: string): Readonly<Record<string, string>> {
  const strings: [string, string][] = [];
  for (const [key, text] of Object.entries(isRecord(value) ? value : { value })) {
    if (!isRecord(value) || typeof text !== 'string') {
      throw fault(file, 'has metadata of the wrong kind', `${key}: ${describe(text)}`, 'strings by string');
    }
    strings.push([key, text]);
  }
  return Object.fromEntries(strings);
}

function checkedTensor(
  name: string,
  value: unknown,
  start: number,
  fileBytes: number,
  file: string,
): HeaderTensor {
  const where = `tensor '${name}'`;
  if (!isRecord(value))
    throw fault(file, `${where} is not an object`, describe(value), 'dtype, shape, data_offsets');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw unknownType(file, where, describe(dtype));
  }
  if (!isLengths(shape)) {
    throw fault(file, `${where} has a malformed shape`, describe(shape), 'a list of whole numbers from 0');
  }
  const [begin = 1, end = 0] = isLengths(offsets) && offsets.length === 2 ? offsets : [];
  if (begin > end) {
    const need = '[begin, end], whole numbers from 0';
    throw fault(file, `${where} has malformed offsets`, describe(offsets), need);
  }
  if (end > fileBytes - start) throw cutOff(file, fileBytes, start + end, where);
  const bytes = byteLengthOf(dtype, shape);
  if (bytes === undefined) {
    throw fault(file, `${where} is too large to count`, describe(shape), 'at most 2^53 − 1 bytes');
  }
  if (bytes !== end - begin) {
    const need = `${bytes} bytes for ${dtype} [${shape.join(', ')}]`;
    throw fault(file, `${where} has the wrong number of bytes`, `${end - begin} bytes`, need);
  }
  return { name, dtype, shape: Object.freeze([...shape]), offset: start + begin, byteLength: bytes };
}

/** Bytes of a tensor; `undefined` where a product on the way leaves the safe integers. */
export function byteLengthOf(dtype: Dtype, shape: readonly number[]): number | undefined {
  let bytes: number = DTYPE_BYTES[dtype];
  for (const length of shape) {
    bytes *= length;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}

/** The format allows neither overlaps nor holes: the data is exactly the tensors, one after another. */
function assertContiguous(
  tensors: readonly HeaderTensor[],
  start: number,
  fileBytes: number,
  file: string,
): void {
  let end = start;
  let before = 'the header';
  for (const tensor of tensors) {
    if (tensor.offset !== end) {
      const relation = tensor.offset < end ? 'overlaps' : 'leaves a hole after';
      const have = `it begins at byte ${tensor.offset}`;
      throw fault(file, `tensor '${tensor.name}' ${relation} ${before}`, have, `byte ${end}`);
    }
    end = tensor.offset + tensor.byteLength;
    before = `tensor '${tensor.name}'`;
  }
  if (end !== fileBytes) {
    throw fault(
      file,
      'has bytes that belong to no tensor',
      `${fileBytes} bytes`,
      `${end}, the end of ${before}`,
    );
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLengths(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

/** What a download leaves that did not finish. */
function cutOff(file: string, have: number, need: number, part: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-header',
    what: `${file}: the file is cut off`,
    have: `${have} bytes`,
    need: `${need} or more, where ${part} ends`,
    do: 'complete the download, or start it again',
  });
}

/** No damage: newer forms of quantised weights have types of their own. */
const unknownType = (file: string, where: string, have: string): SkipstoneError =>
  new SkipstoneError({
    code: 'checkpoint-header',
    what: `${file}: ${where} has an unknown dtype`,
    have,
    need: Object.keys(DTYPE_BYTES).join(', '),
    do: 'use the bf16, fp16 or fp8 file of the model; other quantised forms (nvfp4, mxfp8, …) are not read',
  });

function fault(file: string, what: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-header',
    what: `${file}: ${what.startsWith('tensor ') ? what : `the file ${what}`}`,
    have,
    need,
    do: 'make sure that this is a complete .safetensors file; download or convert it again',
  });
}
