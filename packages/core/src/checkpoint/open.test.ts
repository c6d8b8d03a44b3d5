import { mkdir, mkdtemp, readFile, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HostTensor } from '../spec/tensor.js';
import { rejectionOf } from '../testing/fault.js';
import { pathBelow } from './checkpoint.js';
import { memoryFiles } from './memory-files.js';
import { openCheckpoint } from './open.js';
import { writeSafetensors } from './write.js';

let folder = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-open-')));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const vector = (...values: number[]): HostTensor => ({
  type: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

async function put(name: string, tensors: Readonly<Record<string, HostTensor>>): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeSafetensors(path, tensors, { metadata: { format: 'pt', from: name } });
  return path;
}

async function putIndex(name: string, index: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof index === 'string' ? index : JSON.stringify(index));
  return path;
}

test('opens one file', async () => {
  const path = await put('m.safetensors', { b: vector(1, 2), a: vector(3) });
  const checkpoint = await openCheckpoint(path);
  expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
  const bytes = (await readFile(path)).byteLength;
  expect(checkpoint.tensors.get('b')).toEqual({
    name: 'b',
    dtype: 'F32',
    shape: [2],
    file: path,
    offset: bytes - 8,
    byteLength: 8,
  });
  expect(checkpoint.files).toEqual([{ path, bytes }]);
  expect(checkpoint.folder).toBe(folder);
  expect(checkpoint.metadata).toEqual({ format: 'pt', from: 'm.safetensors' });
  expect(checkpoint.fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test('opens several files and names their nearest common folder', async () => {
  const paths = [
    await put('x/one/a.safetensors', { a: vector(1) }),
    await put('x/b.safetensors', { b: vector(2) }),
  ];
  const checkpoint = await openCheckpoint(paths);
  expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
  expect(checkpoint.folder).toBe(join(folder, 'x'));
  expect(checkpoint.metadata.from).toBe('x/one/a.safetensors');
  expect(pathBelow(checkpoint.folder, checkpoint.tensors.get('a')?.file ?? '')).toBe('one/a.safetensors');
});

const index = { metadata: { total_size: 8 }, weight_map: { a: 'm-1.safetensors', b: 'm-2.safetensors' } };

test('opens an index', async () => {
  await put('m-1.safetensors', { a: vector(1) });
  await put('m-2.safetensors', { b: vector(2) });
  const path = await putIndex('m.safetensors.index.json', index);
  expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(['a', 'b']);
});

test.each([
  ['diffusion_pytorch_model.safetensors', ['model.safetensors', 'other.safetensors']],
  ['model.safetensors', ['transformer.safetensors', 'x.txt']],
  ['transformer.safetensors', ['lora.safetensors']],
  ['sole.safetensors', ['config.json']],
])('finds %s in a folder beside %j', async (name, others) => {
  for (const other of others) await put(other, { wrong: vector(0) });
  await put(name, { right: vector(1) });
  expect([...(await openCheckpoint(folder)).tensors.keys()]).toEqual(['right']);
});

test('finds the index of a folder', async () => {
  await put('m-1.safetensors', { a: vector(1) });
  await put('m-2.safetensors', { b: vector(2) });
  await putIndex('diffusion_pytorch_model.safetensors.index.json', index);
  expect((await openCheckpoint(folder)).tensors.size).toBe(2);
});

test('records real paths where files are links, as in the Hugging Face cache', async () => {
  const blobs = [await put('blobs/0f', { a: vector(1) }), await put('blobs/1e', { b: vector(2) })];
  await put('blobs/2d', { unused: vector(0) });
  const snapshot = join(folder, 'snapshots/main');
  await mkdir(snapshot, { recursive: true });
  await symlink('../../blobs/0f', join(snapshot, 'm-1.safetensors'));
  await symlink('../../blobs/1e', join(snapshot, 'm-2.safetensors'));
  await putIndex('blobs/index', index);
  await symlink('../../blobs/index', join(snapshot, 'diffusion_pytorch_model.safetensors.index.json'));
  const checkpoint = await openCheckpoint(snapshot);
  expect(checkpoint.files.map(({ path }) => path)).toEqual(blobs);
  expect(checkpoint.folder).toBe(join(folder, 'blobs'));
});

test.each([
  '../m.safetensors',
  'a/../../m.safetensors',
  '/etc/passwd',
  'C:/m.safetensors',
  'a\\m.safetensors',
  './m.safetensors',
  'a//m.safetensors',
  'm.safetensors\0.png',
  '',
])('refuses an index that names the file %j', async (file) => {
  const path = await putIndex('m.safetensors.index.json', { weight_map: { a: file } });
  const { code, lines } = await rejectionOf(openCheckpoint(path));
  expect(code).toBe('checkpoint-path');
  expect(lines.have).toContain(JSON.stringify(file));
});

test.each([
  'no json',
  '[]',
  '{}',
  '{"weight_map": []}',
  '{"weight_map": {}}',
  '{"weight_map": {"a": 1}}',
  '{"weight_map": {"a": "x", "a": "y"}}',
])('refuses the index %s', async (text) => {
  const { code, lines } = await rejectionOf(openCheckpoint(await putIndex('m.safetensors.index.json', text)));
  expect(code).toBe('checkpoint-index');
  expect(lines.need).toContain('weight_map');
});

test('refuses an index that names a missing file', async () => {
  await put('m-1.safetensors', { a: vector(1) });
  const { code, lines } = await rejectionOf(openCheckpoint(await putIndex('i.json', index)));
  expect(code).toBe('checkpoint-missing');
  expect(lines.have).toContain('m-2.safetensors');
});

test('refuses an index that names a tensor its file lacks', async () => {
  await put('m-1.safetensors', { a: vector(1) });
  await put('m-2.safetensors', { c: vector(2) });
  const { code, lines } = await rejectionOf(openCheckpoint(await putIndex('i.json', index)));
  expect(code).toBe('checkpoint-index');
  expect(lines.have).toBe(`'b', but ${join(folder, 'm-2.safetensors')} lacks it`);
});

test('refuses an index that leaves out a tensor of its files', async () => {
  await put('m-1.safetensors', { a: vector(1) });
  await put('m-2.safetensors', { b: vector(2), c: vector(3) });
  const { code, lines } = await rejectionOf(openCheckpoint(await putIndex('i.json', index)));
  expect(code).toBe('checkpoint-index');
  expect(lines.have).toBe(`no 'c' there, but ${join(folder, 'm-2.safetensors')} holds it`);
});

test('refuses a tensor that two files hold', async () => {
  const paths = [
    await put('one.safetensors', { a: vector(1) }),
    await put('two.safetensors', { a: vector(1) }),
  ];
  const { code, lines } = await rejectionOf(openCheckpoint(paths));
  expect(code).toBe('checkpoint-duplicate');
  expect(lines.have).toBe(paths.join(' and '));
  expect((await rejectionOf(openCheckpoint([paths[0] ?? '', paths[0] ?? '']))).code).toBe(
    'checkpoint-duplicate',
  );
});

test('refuses a path with nothing there, an empty list and a folder without weights', async () => {
  const nothing = await rejectionOf(openCheckpoint(join(folder, 'nowhere.safetensors')));
  expect(nothing.code).toBe('checkpoint-missing');
  expect(nothing.lines.what).toContain('nowhere.safetensors');
  expect((await rejectionOf(openCheckpoint([]))).code).toBe('checkpoint-missing');
  expect((await rejectionOf(openCheckpoint(folder))).lines.have).toBe('an empty folder');
});

test('points at the transformer of a pipeline folder', async () => {
  await put('transformer/diffusion_pytorch_model.safetensors', { a: vector(1) });
  const { lines } = await rejectionOf(openCheckpoint(folder));
  expect(lines.do).toContain(join(folder, 'transformer'));
});

test('refuses a folder where several files could be meant', async () => {
  await put('one.safetensors', { a: vector(1) });
  await put('two.safetensors', { b: vector(1) });
  const { code, lines } = await rejectionOf(openCheckpoint(folder));
  expect(code).toBe('checkpoint-missing');
  expect(lines.have).toBe('one.safetensors, two.safetensors');
});

test('refuses truncated and empty files, naming them', async () => {
  const path = await put('m.safetensors', { a: vector(1, 2, 3) });
  for (const [length, what] of [
    [(await readFile(path)).byteLength - 1, ': the file is cut off'],
    [20, ': the file is cut off'],
    [4, ': the file is too short'],
    [0, ' is empty'],
  ] as const) {
    await truncate(path, length);
    expect((await rejectionOf(openCheckpoint(path))).lines.what).toBe(path + what);
  }
});

test('the fingerprint follows names, shapes, types and bytes, not the place', async () => {
  const print = async (tensors: Readonly<Record<string, HostTensor>>, name = 'm.safetensors') =>
    (await openCheckpoint(await put(name, tensors))).fingerprint;
  const base = await print({ a: vector(1, 2), b: vector(3) });
  expect(await print({ a: vector(1, 2), b: vector(3) }, 'n.safetensors')).toBe(base);
  const others = [
    await print({ a: vector(1, 2), c: vector(3) }),
    await print({ a: vector(1, 5), b: vector(3) }),
    await print({ a: { ...vector(1, 2), shape: [2, 1] }, b: vector(3) }),
    await print({ a: { type: 'int32', shape: [2], data: Int32Array.of(1, 2) }, b: vector(3) }),
    await print({ a: vector(1, 2) }),
  ];
  expect(new Set([base, ...others]).size).toBe(6);
  expect(await print({ b: vector(3), a: vector(1, 2) })).toBe(base);
});

test('opens from files in memory', async () => {
  const files = memoryFiles();
  await writeSafetensors('/w/model.safetensors', { a: vector(1) }, { files });
  const checkpoint = await openCheckpoint('/w', { files });
  expect(checkpoint.tensors.get('a')?.file).toBe('/w/model.safetensors');
  expect(checkpoint.folder).toBe('/w');
  expect((await rejectionOf(openCheckpoint('/v', { files }))).code).toBe('checkpoint-missing');
});
