import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { rejectionOf, temporaryFolder } from '@skipstone/core/testing';
import { beforeAll, expect, test, vi } from 'vitest';
import { assertApart, type Output, prepareOutputs } from './prepare-outputs.js';

let folder = '';
const at = (name: string): string => `${folder}/${name}`;

beforeAll(async () => {
  folder = await temporaryFolder('apart');
  await mkdir(at('real'));
  await mkdir(at('frames'));
  await writeFile(at('real/in.st'), 'in');
  await symlink(at('real'), at('linked'));
  await symlink(at('real/in.st'), at('soft.st'));
  await link(at('real/in.st'), at('hard.st'));
  await symlink('real/later.st', at('to-nothing.st'));
  await symlink('loop', at('loop'));
  await mkdir(at('real/sub'));
  await symlink(at('real/sub'), at('sub'));
});

const out = (path: string): Output => ({ by: '--latents-out', path: at(path) });
const read = [
  { by: '--resume', path: 'real/in.st' },
  { by: '--noise', path: 'real/in.st' },
  { by: '--trace', path: 'nowhere/t.jsonl' },
  { by: '--embeds', path: 'frames/frame-0002.png' },
];
const inputs = () => read.map(({ by, path }) => ({ by, path: at(path) }));

test.each([
  ['real/in.st', '--noise'],
  ['real/../real/in.st', '--noise'],
  ['linked/in.st', '--noise'],
  ['soft.st', '--noise'],
  ['sub/../in.st', '--noise'],
  ['hard.st', '--noise'],
  ['nowhere/t.jsonl', '--trace'],
])('an output %s is an input under another name', async (path, by) => {
  const { code, lines } = await rejectionOf(assertApart([out(path)], inputs()));
  expect([code, lines.what]).toEqual(['option-conflict', `--latents-out and ${by} name one file`]);
});

test.each([
  ['real/new.st'],
  ['linked/other.st'],
  ['to-nothing.st'],
  ['loop'],
  ['frames/frame-0001.png'],
  ['in.st'],
])('an output %s is a file of its own', async (path) => {
  await assertApart([out(path)], inputs());
});

test.each([
  [['linked/new.st'], ['real/new.st']],
  [['to-nothing.st'], ['linked/later.st']],
  [['new/a.st'], ['new/../new/a.st']],
  [['clip', true], ['clip/frame-0010.png']],
  [['clip/frame-0010.png'], ['clip', true]],
] as const)('two outputs %j and %j are one', async (...paths) => {
  const outputs = paths.map(([path, isFolder = false], i) => ({
    ...{ by: `--${i}`, path: at(path) },
    folder: isFolder,
  }));
  expect((await rejectionOf(assertApart(outputs, []))).lines.what).toBe('--1 and --0 name one file');
});

test.each([
  ['/dev/null'],
  ['/dev/stdout'],
  ['/dev/no-device.gif'],
  ['/proc/no/such/folder.gif'],
  ['linked/to-device/x.gif'],
  ['pipe'],
])('an output %s would replace what is no file', async (path) => {
  await symlink('/dev', at('real/to-device')).catch(() => {});
  if (path === 'pipe') execFileSync('mkfifo', [at(path)]);
  const named = path.startsWith('/') ? path : at(path);
  const { lines } = await rejectionOf(prepareOutputs([{ by: '--ledger', path: named }], []));
  expect(lines.what).toBe(`--ledger ${named} would put a file in the place of a device or a pipe`);
});

test('frames would replace a frame that is read, and stand beside others', async () => {
  const frames = { by: '--out', path: at('frames'), folder: true };
  const { lines } = await rejectionOf(assertApart([frames], inputs()));
  expect(lines.what).toBe('--out and --embeds name one file');
  await assertApart([frames, out('frames/l.st')], inputs().slice(0, 2));
});

test('a run is saved over the one it goes on from, and nothing else is', async () => {
  const resumed = inputs().slice(0, 1);
  await assertApart([{ by: '--save', path: at('soft.st') }], resumed);
  for (const [by, all] of [
    ['--ledger', resumed],
    ['--save', inputs()],
  ] as const) {
    expect((await rejectionOf(assertApart([{ by, path: at('soft.st') }], all))).code).toBe('option-conflict');
  }
});

test('an output would replace weights that were kept in another form', async () => {
  const sidecar = `${'0a'.repeat(32)}.int8.b64.v1.safetensors`;
  await writeFile(at(sidecar), '');
  vi.stubEnv('SKIPSTONE_CACHE', folder);
  const { lines } = await rejectionOf(prepareOutputs([out(sidecar)], []));
  expect(lines.what).toBe('--latents-out and a sidecar of weights name one file');
  vi.unstubAllEnvs();
  await prepareOutputs([out(sidecar)], []);
});

test('nothing is written before all of it is known to be apart', async () => {
  await rejectionOf(prepareOutputs([out('made/a.st'), out('made/a.st')], []));
  expect(await readdir(folder)).not.toContain('made');
});

test('an output named - is refused with how to mean it', async () => {
  const { lines } = await rejectionOf(assertApart([{ by: '--ledger', path: '-' }], []));
  expect([lines.have, lines.do]).toEqual(['-', 'name one, or write --ledger ./- if you mean that name']);
});
