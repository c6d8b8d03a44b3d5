import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openCheckpoint, writeSafetensors } from '@skipstone/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, start } from '../test-kit/skipstone.js';

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));
/** Examples are TypeScript, which Node 20 reads with tsx only. */
const TSX = { NODE_OPTIONS: '--import tsx' };

let folder = '';
let golden = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-adapter-'));
  golden = await mkdtemp(join(folder, 'golden-'));
  const record = `import { recordGolden } from './own-model.ts'; await recordGolden(process.argv[1]);`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', record, golden];
  await promisify(execFile)(process.execPath, args, { cwd: EXAMPLES });
  const text = { type: 'float32' as const, shape: [3, 5], data: new Float32Array(15).fill(0.5) };
  await writeSafetensors(at('text.st'), { 'cond.text': text });
  await writeFile(at('nothing.mjs'), 'export const other = 1;');
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const run = (...args: readonly string[]): Promise<Ended> => start(EXAMPLES, args, TSX).ended;

const model = () => ['--adapter', 'own-model.ts', '--model', join(golden, 'model.safetensors')];
const files = () => ['--embeds', at('text.st'), '--latents-out', at('out.st')];

test('verifies with a module of one’s own', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await run('verify', golden, '--adapter', 'own-model.ts');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('tap.blocks.0.attn1');
  const without = await run('verify', golden);
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('TinyDiT')]);
});

test('plans and draws with it', { timeout: 60_000 }, async () => {
  expect((await run('plan', ...model())).stdout).toMatch(/^model {5}tiny-dit, /);
  const { code, stdout, stderr } = await run(
    'generate',
    ...model(),
    ...files(),
    '--guidance',
    '1',
    '--quiet',
  );
  expect([code, stdout, stderr]).toEqual([0, `${at('out.st')}\n`, '']);
  const { tensors, metadata } = await openCheckpoint(at('out.st'));
  expect(tensors.get('latents')?.shape).toEqual([2, 2, 4, 4]);
  expect(JSON.parse(metadata.made_from ?? '')).toMatchObject({ model: 'tiny-dit', adapter: 'own-model.ts' });
});

test.each<[string, () => readonly string[], string]>([
  [
    'an option it does not say it has',
    () => ['generate', ...model(), ...files(), '--fps', '8'],
    'no option of own-',
  ],
  [
    'a module without open',
    () => ['plan', '--adapter', at('nothing.mjs'), '--model', '.'],
    'a function named open',
  ],
  [
    'a module without verifiers',
    () => ['verify', golden, '--adapter', at('nothing.mjs')],
    'a list named verifiers',
  ],
  ['no module', () => ['plan', '--adapter', './gone.js', '--model', '.'], 'Cannot find module'],
  [
    'no package',
    () => ['plan', '--adapter', 'no-such-adapter', '--model', '.'],
    "Cannot find package 'no-such-adapter'",
  ],
  ['no model', () => ['plan', '--adapter', 'own-model.ts'], '--adapter opens what --model names'],
])('refuses %s', { timeout: 60_000 }, async (_, args, message) => {
  const { code, stderr } = await run(...args());
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});
