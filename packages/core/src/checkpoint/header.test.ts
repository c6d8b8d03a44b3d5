import { expect, test } from 'vitest';
import { SkipstoneError } from '../error.js';
import { byteLengthOf, headerLength, parseHeader } from './header.js';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Parses a header text in front of `data` bytes. */
function parse(text: string, data: number) {
  const json = utf8(text);
  return parseHeader(json, 8 + json.byteLength + data, 'model.safetensors');
}

function prefix(length: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SkipstoneError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'no error';
}

const entry = (dtype: string, shape: readonly unknown[], offsets: readonly unknown[]) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

test('places each tensor by its offset in the file, in order of offset', () => {
  const text = `{"b": ${entry('F32', [2, 1], [2, 10])}, "a": ${entry('BF16', [1], [0, 2])}}`;
  const { tensors, metadata } = parse(text, 10);
  const start = 8 + text.length;
  expect(tensors).toEqual([
    { name: 'a', dtype: 'BF16', shape: [1], offset: start, byteLength: 2 },
    { name: 'b', dtype: 'F32', shape: [2, 1], offset: start + 2, byteLength: 8 },
  ]);
  expect(metadata).toEqual({});
});

test('reads metadata, scalars, empty tensors and a header padded with spaces', () => {
  const tensors = `"e": ${entry('I64', [0, 7], [8, 8])}, "s": ${entry('F64', [], [0, 8])}`;
  const header = parse(`{"__metadata__": {"format": "pt"}, ${tensors}}      `, 8);
  expect(header.metadata).toEqual({ format: 'pt' });
  expect(header.tensors.map(({ name, byteLength }) => [name, byteLength])).toEqual([
    ['s', 8],
    ['e', 0],
  ]);
});

test('reads a header without tensors', () => {
  expect(parse('{}', 0).tensors).toEqual([]);
});

test('keeps names that JavaScript treats specially', () => {
  const { tensors } = parse(
    `{"__proto__": ${entry('U8', [1], [0, 1])}, "0": ${entry('U8', [1], [1, 2])}}`,
    2,
  );
  expect(tensors.map(({ name }) => name)).toEqual(['__proto__', '0']);
});

test.each([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U8', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['BOOL', 1],
] as const)('knows that %s has %i bytes', (dtype, bytes) => {
  expect(parse(`{"x": ${entry(dtype, [3], [0, 3 * bytes])}}`, 3 * bytes).tensors).toHaveLength(1);
});

test('reads the length of a header', () => {
  expect(headerLength(prefix(100n), 108, 'f')).toBe(100);
});

test.each([
  ['is too short', new Uint8Array(4), 4],
  ['states too long a header', prefix(100_000_001n), 1e12],
  ['states too long a header', prefix(2n ** 64n - 1n), 1e12],
  ['is cut off', prefix(101n), 108],
])('refuses a length: the file %s', (what, bytes, size) => {
  const message = messageOf(() => headerLength(bytes, size, 'model.safetensors'));
  expect(message).toContain(`checkpoint-header model.safetensors: the file ${what}`);
  expect(message).toMatch(/\n {2}have .+\n {2}need .+\n {2}do /);
});

const big = Number.MAX_SAFE_INTEGER;

test.each([
  ['is refused', 'not json', 0],
  ['is refused', '', 0],
  ['not an object', '[]', 0],
  ['not an object', 'null', 0],
  ["key 'x' twice", `{"x": ${entry('U8', [1], [0, 1])}, "x": ${entry('U8', [1], [0, 1])}}`, 1],
  ['nests deeper', `{"x": {"shape": [[1]]}}`, 1],
  ["tensor 'x' is not an object", '{"x": 3}', 0],
  ['tensor \'x\' has an unknown dtype\n  have   "F4"\n  need   F64', `{"x": ${entry('F4', [1], [0, 1])}}`, 1],
  ["tensor 'x' has an unknown dtype", `{"x": ${entry('toString', [1], [0, 1])}}`, 1],
  ["tensor 'x' has an unknown dtype", '{"x": {}}', 0],
  ["tensor 'x' has a malformed shape", `{"x": ${entry('U8', [-1], [0, 1])}}`, 1],
  ["tensor 'x' has a malformed shape", `{"x": ${entry('U8', [1.5], [0, 1])}}`, 1],
  ["tensor 'x' has a malformed shape", `{"x": ${entry('U8', [2 ** 53], [0, 1])}}`, 1],
  ["tensor 'x' has a malformed shape", `{"x": ${entry('U8', ['1'], [0, 1])}}`, 1],
  ["tensor 'x' has a malformed shape", '{"x": {"dtype": "U8", "shape": 1, "data_offsets": [0, 1]}}', 1],
  ["tensor 'x' has malformed offsets", `{"x": ${entry('U8', [1], [0])}}`, 1],
  ["tensor 'x' has malformed offsets", `{"x": ${entry('U8', [1], [0, 1, 2])}}`, 1],
  ["tensor 'x' has malformed offsets", `{"x": ${entry('U8', [1], [-1, 0])}}`, 1],
  ["tensor 'x' has malformed offsets", '{"x": {"dtype": "U8", "shape": [1]}}', 1],
  ["tensor 'x' has malformed offsets", `{"x": ${entry('U8', [1], [1, 0])}}`, 1],
  [
    "the file is cut off\n  have   63 bytes\n  need   64 or more, where tensor 'x' ends",
    `{"x": ${entry('U8', [2], [0, 2])}}`,
    1,
  ],
  ["tensor 'x' is too large to count", `{"x": ${entry('U8', [big, big], [0, 1])}}`, 1],
  ["tensor 'x' is too large to count", `{"x": ${entry('U8', [big, big, 0], [0, 0])}}`, 0],
  ["tensor 'x' has the wrong number of bytes", `{"x": ${entry('F32', [2], [0, 7])}}`, 7],
  ["'y' overlaps tensor 'x'", `{"x": ${entry('U8', [2], [0, 2])}, "y": ${entry('U8', [2], [1, 3])}}`, 3],
  ["'y' overlaps tensor 'x'", `{"x": ${entry('U8', [2], [0, 2])}, "y": ${entry('U8', [2], [0, 2])}}`, 2],
  [
    "'y' leaves a hole after tensor 'x'",
    `{"x": ${entry('U8', [1], [0, 1])}, "y": ${entry('U8', [1], [2, 3])}}`,
    3,
  ],
  ["'x' leaves a hole after the header", `{"x": ${entry('U8', [1], [1, 2])}}`, 2],
  ['has bytes that belong to no tensor', `{"x": ${entry('U8', [1], [0, 1])}}`, 2],
  ['metadata of the wrong kind', '{"__metadata__": {"a": 1}}', 0],
  ['metadata of the wrong kind', '{"__metadata__": ["a"]}', 0],
  ['metadata of the wrong kind', '{"__metadata__": "a"}', 0],
])('refuses a header: %s', (what, text, data) => {
  const message = messageOf(() => parse(text, data));
  expect(message).toContain('checkpoint-header model.safetensors: ');
  expect(message).toContain(what);
  expect(message).toMatch(/\n {2}have .+\n {2}need .+\n {2}do /);
});

test('refuses a header that is not UTF-8 or begins with a byte order mark', () => {
  const message = messageOf(() => parseHeader(Uint8Array.of(0x7b, 0xff, 0x7d), 11, 'f'));
  expect(message).toContain('not UTF-8');
  expect(messageOf(() => parse('\ufeff{}', 0))).toContain('refused');
});

test('counts bytes of a shape', () => {
  expect(byteLengthOf('F32', [2, 3])).toBe(24);
  expect(byteLengthOf('I64', [])).toBe(8);
  expect(byteLengthOf('I64', [2 ** 51])).toBeUndefined();
});
