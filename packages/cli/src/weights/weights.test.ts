import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { weightsCommand } from './command.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-weights-')));
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** What the command prints on standard output, the folder's name taken out. */
async function weights(...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const command: Command = weightsCommand().exitOverride();
  await command.parseAsync([...args, '--folder', folder], { from: 'user' });
  return written.join('').replaceAll(folder, 'FOLDER');
}

test('makes, lists and clears sidecar files of the demo model', { timeout: 60_000 }, async () => {
  expect(await weights('list')).toBe('FOLDER: 0 files, 0.0 KiB\n');
  const made = await weights('make');
  expect(made).toMatch(/^FOLDER\/[0-9a-f]{64}\.int8\.b\d+\.v1\.safetensors\n$/);
  expect(await weights('make')).toBe(made);
  expect(await weights('make', '--bits', '4')).toMatch(/\.int4\.b\d+\.v1\.safetensors\n$/);
  await writeFile(join(folder, 'mine.safetensors'), '');
  const list = await weights('list');
  expect(list).toMatch(/^FOLDER: 2 files, [\d.]+ MiB\n {2}demo +4-bit, block \d+ .* MiB {2}[0-9a-f]{12}\n/);
  expect(list).toMatch(/\n {2}demo +8-bit, block \d+ .*\n$/);
  expect(await weights('clear')).toMatch(/^FOLDER: removed 2 files, [\d.]+ MiB\n$/);
  expect(await readdir(folder)).toEqual(['mine.safetensors']);
});

test.each([
  [
    ['clean'],
    ["there is no action 'clean'", 'clean', 'list, make, clear', "did you mean 'skipstone weights clear'?"],
  ],
  [
    ['clear', '--bits', '8'],
    [
      'clear: --bits says nothing here',
      '--bits',
      '--folder, or no options: it is about every file in the folder',
      'leave --bits out',
    ],
  ],
  [
    ['make', '--bits', '5'],
    ['--bits has a value that does not serve', '--bits 5', '8 or 4', 'did you mean --bits 8?'],
  ],
])('%j is refused in four lines', async (args, [what, have, need, remedy]) => {
  await expect(weights(...args)).rejects.toThrow(
    new RegExp(`${what}\n {2}have {3}${have}\n {2}need {3}${need}\n {2}do {5}`.replaceAll('?', '\\?')),
  );
  await expect(weights(...args)).rejects.toThrow(remedy as string);
});
