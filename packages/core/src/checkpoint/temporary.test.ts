import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { deadProcess } from '../testing/small/dead-process.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { nodeFiles } from './node-files.js';
import { makeTemporary, removeTemporaries, withTemporary } from './temporary.js';

let folder = '';
beforeEach(async () => {
  folder = await temporaryFolder('temporary');
});

it.each(['file', 'folder'] as const)('lends a hidden %s, and removes what was not renamed', async (kind) => {
  let name = '';
  const work = withTemporary(folder, kind, async (path) => {
    name = basename(path);
    if (kind === 'folder') await writeFile(join(path, 'deep'), 'x');
    expect(await readdir(folder)).toEqual([name]);
    throw new Error('the work failed');
  });
  await expect(work).rejects.toThrow('the work failed');
  expect(name).toMatch(new RegExp(`^\\.skipstone-[0-9a-f]{8}-${process.pid}-[0-9a-f]{8}\\.partial$`));
  expect(await readdir(folder)).toEqual([]);
  await withTemporary(folder, kind, (path) => rename(path, join(folder, 'whole')));
  expect(await readdir(folder)).toEqual(['whole']);
});

it('a pipe, or a device, is not replaced by a file', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const sink = await nodeFiles.create(pipe);
  await expect(sink.commit()).rejects.toThrow('have   a device or a pipe is there');
  await sink.abort();
  expect((await lstat(pipe)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(['pipe']);
});

it('a file gets any name that the file system takes', async () => {
  const name = `${'字'.repeat(83)}.gif`;
  const sink = await nodeFiles.create(join(folder, name));
  await sink.write(Uint8Array.of(1));
  await sink.commit();
  expect(Buffer.byteLength(name)).toBe(253);
  expect(await readdir(folder)).toEqual([name]);
});

it('the next to write removes what a process left that is gone, and touches nothing else', async () => {
  const own = basename(await makeTemporary(folder, 'file'));
  const dead = await deadProcess();
  const named = (process_: string | number): string => own.replace(`-${process.pid}-`, `-${process_}-`);
  const others = own.replace(/-[0-9a-f]{8}-/, '-00000000-').replace(`${process.pid}`, `${dead}`);
  const kept = [
    own,
    others,
    `x${named(dead)}`,
    `${named(dead)}.bak`,
    named('0'),
    named(`0${dead}`),
    'mine.partial',
  ];
  for (const name of kept) await writeFile(join(folder, name), 'x');
  await mkdir(join(folder, named(dead)));
  await writeFile(join(folder, named(dead), 'frame-0001.png'), 'x');
  await symlink(join(folder, 'mine.partial'), join(folder, named(dead).replace(/.{8}\.p/, '00000000.p')));
  await withTemporary(folder, 'file', async () => {});
  expect((await readdir(folder)).sort()).toEqual([...kept].sort());
});

it('all go at once where the process ends, and none of them comes back', async () => {
  const [file, made] = [await makeTemporary(folder, 'file'), await makeTemporary(folder, 'folder')];
  await writeFile(join(made, 'deep'), 'x');
  removeTemporaries();
  expect(await readdir(folder)).toEqual([]);
  await expect(writeFile(file, 'late', { flag: 'r+' })).rejects.toThrow('ENOENT');
});
