import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeTemporary } from '../checkpoint/temporary.js';
import { deadProcess } from '../testing/small/dead-process.js';
import { wideModel } from '../testing/small/wide.js';
import { clearSidecars, listSidecars, sidecarFolder } from './cache.js';
import { defaultSidecarFolder, nodeSidecarFiles } from './node-sidecar-files.js';
import { quantisedWeights } from './sidecar.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-cache-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('lists sidecars with what they are, and nothing else', async () => {
  const model = await wideModel();
  const eight = await quantisedWeights(model, { bits: 8, folder });
  const four = await quantisedWeights(model, { bits: 4, folder });
  await writeFile(join(folder, 'notes.txt'), 'mine');
  const { fingerprint } = model.checkpoint;
  const common = { fingerprint, version: 1 };
  expect(await listSidecars(folder)).toEqual([
    { ...common, ...four4(four.file), bytes: four.bytes, model: 'wide' },
    { ...common, file: eight.file, form: '8-bit, block 64', bytes: eight.bytes, model: 'wide' },
  ]);
});

const four4 = (file: string) => ({ file, form: '4-bit, block 32' });

it('lists a damaged sidecar without the name of a model', async () => {
  const { file } = await quantisedWeights(await wideModel(), { bits: 8, folder });
  await writeFile(file, 'no longer');
  expect(await listSidecars(folder)).toMatchObject([{ file, bytes: 9, model: undefined }]);
});

it('clears sidecars and what killed runs left; a file that is just written stays, and so do others', async () => {
  const { file, bytes } = await quantisedWeights(await wideModel(), { bits: 8, folder });
  const live = await makeTemporary(folder, 'file');
  await writeFile(live.replace(`-${process.pid}-`, `-${await deadProcess()}-`), 'half');
  await writeFile(join(folder, 'model.safetensors'), 'mine');
  expect(await clearSidecars(folder)).toMatchObject([{ file, bytes }]);
  expect((await readdir(folder)).sort()).toEqual([basename(live), 'model.safetensors']);
});

it('removes a link, not what it leads to, and leaves folders alone', async () => {
  const name = (print: string): string => `${print.repeat(64)}.int8.b64.v1.safetensors`;
  const target = join(folder, 'elsewhere');
  await writeFile(target, 'mine');
  await symlink(target, join(folder, name('a')));
  await mkdir(join(folder, name('b')));
  expect(await clearSidecars(folder)).toHaveLength(1);
  expect(await readdir(folder)).toEqual([name('b'), 'elsewhere']);
  expect(await readFile(target, 'utf8')).toBe('mine');
});

it('finds nothing where there is no folder', async () => {
  expect(await listSidecars(join(folder, 'none'))).toEqual([]);
  expect(await clearSidecars(join(folder, 'none'))).toEqual([]);
});

it('names the file that cannot be removed', async () => {
  await writeFile(join(folder, `${'0'.repeat(64)}.int4.b32.v1.safetensors`), '');
  const files = { ...nodeSidecarFiles, remove: () => Promise.reject(new Error('EBUSY: in use')) };
  const error = await clearSidecars(folder, { files }).catch((thrown: Error) => thrown);
  const text = (error as Error).message.replaceAll(folder, 'FOLDER').replaceAll(/0{64}/g, 'PRINT');
  expect(text).toMatchInlineSnapshot(`
    "a sidecar file cannot be removed
      have   FOLDER/PRINT.int4.b32.v1.safetensors: EBUSY: in use
      need   a file that may be removed and that no run holds open
      do     end runs that use it, or remove it by hand"
  `);
});

it('has a folder of its own among caches unless it is named', async () => {
  const usual = join(homedir(), '.cache', 'skipstone');
  expect(defaultSidecarFolder({})).toBe(usual);
  expect(defaultSidecarFolder({ XDG_CACHE_HOME: '/caches' })).toBe(join('/caches', 'skipstone'));
  expect(defaultSidecarFolder({ XDG_CACHE_HOME: 'relative' })).toBe(usual);
  expect(defaultSidecarFolder({ SKIPSTONE_CACHE: '/mine', XDG_CACHE_HOME: '/caches' })).toBe(
    resolve('/mine'),
  );
  expect(defaultSidecarFolder({ SKIPSTONE_CACHE: 'mine' })).toBe(resolve('mine'));
  expect(await sidecarFolder()).toBe(defaultSidecarFolder(process.env));
});
