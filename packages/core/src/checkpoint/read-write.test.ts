import { mkdir, mkdtemp, readdir, readFile, realpath, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostTensor } from '../spec/tensor.js';
import { rejectionOf } from '../testing/fault.js';
import { watchReads } from './default-files.js';
import type { Dtype } from './dtype.js';
import { findTensor } from './find.js';
import { openCheckpoint } from './open.js';
import { readNumbers, readTensor } from './read.js';
import { readJson } from './read-json.js';
import { type StreamedTensor, writeSafetensors } from './write.js';
import { writeError } from './write-error.js';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-read-')));
  path = join(folder, 'm.safetensors');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const streamed = (
  dtype: Dtype,
  shape: readonly number[],
  ...pieces: readonly ArrayBufferView[]
): StreamedTensor => ({
  dtype,
  shape,
  pieces: () => pieces.map((piece) => new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)),
});

async function roundTrip(tensor: HostTensor | StreamedTensor): Promise<HostTensor> {
  await writeSafetensors(path, { x: tensor });
  return readTensor(findTensor(await openCheckpoint(path), 'x'));
}

test.each<HostTensor>([
  { type: 'float32', shape: [1, 2], data: Float32Array.of(1.5, Number.NaN) },
  { type: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
  { type: 'int32', shape: [2, 1], data: Int32Array.of(-1, 7) },
  { type: 'uint8', shape: [3], data: Uint8Array.of(0, 1, 255) },
  { type: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
  { type: 'float32', shape: [], data: Float32Array.of(3) },
  { type: 'float32', shape: [0, 4], data: new Float32Array() },
])('gives back $type $shape as it was written', async (tensor) => {
  expect(await roundTrip(tensor)).toEqual(tensor);
});

test.each<[StreamedTensor, HostTensor]>([
  [
    streamed('F64', [2], Float64Array.of(0.1, -2)),
    { type: 'float32', shape: [2], data: Float32Array.of(0.1, -2) },
  ],
  [
    streamed('BF16', [2], Uint16Array.of(0x3f80, 0xc000)),
    { type: 'float32', shape: [2], data: Float32Array.of(1, -2) },
  ],
  [
    streamed('F16', [2], Uint16Array.of(0x3c00, 0x3555)),
    { type: 'float32', shape: [2], data: Float32Array.of(1, 0.333251953125) },
  ],
  [streamed('I16', [2], Int16Array.of(-3, 4)), { type: 'int32', shape: [2], data: Int32Array.of(-3, 4) }],
  [streamed('I8', [2], Int8Array.of(-3, 4)), { type: 'int32', shape: [2], data: Int32Array.of(-3, 4) }],
])('reads $0.dtype in a type of the host', async (stored, expected) => {
  expect(await roundTrip(stored)).toEqual(expected);
});

test('reads float16 host tensors as float32', async () => {
  const halves: HostTensor = { type: 'float16', shape: [1], data: Uint16Array.of(0xbc00) };
  expect(await roundTrip(halves)).toEqual({ type: 'float32', shape: [1], data: Float32Array.of(-1) });
});

test('aligns every tensor to its elements, largest elements first, then by name', async () => {
  await writeSafetensors(path, {
    z: streamed('BF16', [3], Uint16Array.of(1, 2, 3)),
    10: { type: 'uint8', shape: [1], data: Uint8Array.of(9) },
    9: { type: 'uint8', shape: [1], data: Uint8Array.of(9) },
    b: { type: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) },
    a: { type: 'int64', shape: [1], data: BigInt64Array.of(5n) },
  });
  const { tensors } = await openCheckpoint(path);
  expect([...tensors.keys()]).toEqual(['a', 'b', 'z', '10', '9']);
  expect([...tensors.values()].map(({ offset }) => offset % 8)).toEqual([0, 0, 4, 2, 3]);
});

test('the same tensors give the same bytes in whatever order they are named', async () => {
  const one: HostTensor = { type: 'float32', shape: [1], data: Float32Array.of(1) };
  const two: HostTensor = { type: 'float32', shape: [1], data: Float32Array.of(2) };
  await writeSafetensors(path, { one, two }, { metadata: { a: '1' } });
  const first = await readFile(path);
  await writeSafetensors(path, { two, one }, { metadata: { a: '1' } });
  expect(await readFile(path)).toEqual(first);
  expect((await openCheckpoint(path)).metadata).toEqual({ a: '1' });
});

test('writes views of larger buffers and pieces that come late', async () => {
  const view = new Float32Array(Float32Array.of(0, 1, 2, 3).buffer, 4, 2);
  expect((await roundTrip({ type: 'float32', shape: [2], data: view })).data).toEqual(Float32Array.of(1, 2));
  const late: StreamedTensor = {
    dtype: 'U8',
    shape: [3],
    pieces: async function* () {
      yield Uint8Array.of(1);
      await Promise.resolve();
      yield Uint8Array.of(2, 3);
    },
  };
  expect((await roundTrip(late)).data).toEqual(Uint8Array.of(1, 2, 3));
});

test('refuses data of another length than the shape and leaves the old file in place', async () => {
  const good: HostTensor = { type: 'float32', shape: [1], data: Float32Array.of(1) };
  await writeSafetensors(path, { good });
  const before = await readFile(path);
  const wrong = [
    { type: 'float32', shape: [2], data: Float32Array.of(1) } satisfies HostTensor,
    streamed('F32', [2], Float32Array.of(1)),
    streamed('F32', [1], Float32Array.of(1), Float32Array.of(1)),
  ];
  for (const bad of wrong) {
    const { code, lines } = await rejectionOf(writeSafetensors(path, { bad }));
    expect(code).toBe('checkpoint-write');
    expect(lines.what).toContain("'bad'");
    expect(lines.have).toMatch(/^[48] bytes of data/);
    expect(lines.need).toMatch(/^[48], /);
  }
  expect(await readFile(path)).toEqual(before);
  expect(await readdir(folder)).toEqual(['m.safetensors']);
});

test('refuses the reserved name, sizes past counting and folders that are not there', async () => {
  const tensor: HostTensor = { type: 'uint8', shape: [1], data: Uint8Array.of(1) };
  expect((await rejectionOf(writeSafetensors(path, { __metadata__: tensor }))).code).toBe('checkpoint-write');
  const huge = streamed('U8', [2 ** 52, 4]);
  expect((await rejectionOf(writeSafetensors(path, { huge }))).lines.need).toContain('2^53');
  const nowhere = join(folder, 'nowhere', 'm.safetensors');
  const { code, lines } = await rejectionOf(writeSafetensors(nowhere, { tensor }));
  expect([code, lines.have]).toEqual(['write-failed', 'no folder to write in']);
  expect(lines.what).toContain(nowhere);
});

test('what fails when all is written is four lines, and leaves nothing beside', async () => {
  const tensor: HostTensor = { type: 'uint8', shape: [1], data: Uint8Array.of(1) };
  await mkdir(path);
  const { code, lines } = await rejectionOf(writeSafetensors(path, { tensor }));
  expect([code, lines.have]).toEqual(['write-failed', 'a folder of that name']);
  expect(await readdir(folder)).toEqual(['m.safetensors']);
});

test.each([
  ['ENOSPC', 'no space left on the disk'],
  ['EDQUOT', "this user's share of the disk is used up"],
  ['EROFS', 'a read-only file system'],
  ['EACCES', 'no permission to write there'],
  ['EIO', 'EIO: the system says'],
])('%s while writing says what the system lacks', (code, have) => {
  const { lines } = writeError('a.st', Object.assign(new Error(`${code}: the system says`), { code }));
  expect([lines.what, lines.have]).toEqual(["write: cannot write 'a.st'", have]);
});

test('tells which files a piece of work read, and not those of other work', async () => {
  await writeSafetensors(path, { a: { type: 'uint8', shape: [1], data: Uint8Array.of(1) } });
  const other = join(folder, 'other.json');
  await writeFile(other, '{}');
  const [mine, theirs] = await Promise.all([
    watchReads(async () => (await openCheckpoint(folder)).tensors.size),
    watchReads(() => readJson(other)),
  ]);
  expect(mine).toEqual({ result: 1, files: [path] });
  expect(theirs.files).toEqual([other]);
});

test('refuses an entry that its file no longer holds', async () => {
  await writeSafetensors(path, { x: { type: 'float32', shape: [4], data: new Float32Array(4) } });
  const entry = findTensor(await openCheckpoint(path), 'x');
  await truncate(path, entry.offset + 15);
  const cut = await rejectionOf(readTensor(entry));
  expect(cut.code).toBe('checkpoint-read');
  expect(cut.lines.have).toBe(
    `bytes ${entry.offset} to ${entry.offset + 16} of ${entry.offset + 15}, for F32 [4]`,
  );
  expect((await rejectionOf(readTensor({ ...entry, shape: [3] }))).code).toBe('checkpoint-read');
  expect((await rejectionOf(readTensor({ ...entry, offset: -4 }))).code).toBe('checkpoint-read');
  await rm(path);
  expect((await rejectionOf(readTensor(entry))).lines.what).toBe(`cannot read ${path}`);
});

test('finds a tensor or names the nearest', async () => {
  await writeSafetensors(path, { 'blocks.0.q': { type: 'uint8', shape: [1], data: Uint8Array.of(1) } });
  const checkpoint = await openCheckpoint(path);
  expect(() => findTensor(checkpoint, 'blocks.0.k')).toThrow("the nearest is 'blocks.0.q'");
  await writeSafetensors(path, {});
  const empty = await openCheckpoint(path);
  expect(() => findTensor(empty, 'x')).toThrow('no tensors');
});

test('reads plain numbers without rounding float64', async () => {
  await writeSafetensors(path, {
    f: streamed('F64', [2], Float64Array.of(0.1, 1 / 3)),
    i: { type: 'int64', shape: [1], data: BigInt64Array.of(2n ** 52n + 1n) },
  });
  const checkpoint = await openCheckpoint(path);
  expect(await readNumbers(findTensor(checkpoint, 'f'))).toEqual([0.1, 1 / 3]);
  expect(await readNumbers(findTensor(checkpoint, 'i'))).toEqual([2 ** 52 + 1]);
});
