import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@skipstone/core/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { BIN, PROMPT } from '../test-kit/skipstone.js';

let folder = '';
beforeEach(async () => {
  folder = await temporaryFolder('full-disk');
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command where no file may become longer than this: a write fails as it does on a full disk. */
const within = (kibibytes: number, ...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const limited = ['-c', `ulimit -f ${kibibytes}; exec "$0" "$@"`, process.execPath, BIN, ...args];
    const child = execFile('bash', limited, { cwd: folder }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

const refused = (path: string): string => `write: cannot write '${path}'\n  have   a file larger than`;
const RUN = [PROMPT, '--steps', '2', '--frames', '1', '--quiet'];

describe('where a disk is full', { timeout: 60_000 }, () => {
  test('a run says which outputs it could not write, writes the others and ends with 1', async () => {
    const files = ['--out', 'a.png', '--latents-out', 'a.st', '--ledger', 'a.json', '--save', 'run.st'];
    const { code, stdout, stderr } = await within(14, 'generate', ...RUN, ...files, '--report', 'a.html');
    expect([code, stdout]).toEqual([1, 'a.png\na.json\n']);
    for (const path of ['a.st', 'run.st', 'a.html']) expect(stderr.split(refused(path))).toHaveLength(2);
    expect(stderr).not.toContain('unforeseen');
    expect((await readdir(folder)).sort()).toEqual(['a.json', 'a.png']);
  });

  test('a run of many videos stops where nothing of one could be written', async () => {
    const { code, stdout, stderr } = await within(0, 'generate', ...RUN, '--out', 'a.png', '--count', '3');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.match(/cannot write/g)).toHaveLength(1);
  });

  test('a trace says so, and keeps the runs it has', async () => {
    await writeFile(join(folder, 'p.txt'), PROMPT);
    const args = [
      '--prompts',
      'p.txt',
      '--steps',
      '8',
      '--frames',
      '1',
      '--seeds',
      '0-9',
      '--out',
      't.jsonl',
    ];
    const { code, stderr } = await within(8, 'trace', ...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(refused('t.jsonl'))]);
    expect((await readdir(folder)).sort()).toEqual(['p.txt', 't.jsonl']);
  });

  test('a sidecar of weights says so, and leaves nothing', async () => {
    const { code, stderr } = await within(64, 'weights', 'make', '--folder', 'w');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('a sidecar file cannot be written\n  have   w: EFBIG'),
    ]);
    expect(await readdir(join(folder, 'w'))).toEqual([]);
  });
});
