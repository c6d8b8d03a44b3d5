import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSavedRun } from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { BIN, lines, PROMPT } from './test-kit/skipstone.js';

/** How often a run is interrupted at a moment of chance; 200 when somebody looks for rare ends. */
const ROUNDS = Number(process.env.SKIPSTONE_ROUNDS ?? 4);
const SLOW = 60_000 + ROUNDS * 20_000;

const GOLDEN = fileURLToPath(new URL('../../models-wan/test-data/run-wan21-euler', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await temporaryFolder('end');
});

const begin = (args: readonly string[], stdout: 'pipe' | number = 'pipe'): ChildProcess =>
  spawn(process.execPath, [BIN, ...args], { cwd: folder, stdio: ['ignore', stdout, 'pipe'] });
const endOf = (child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> =>
  new Promise((resolve) => child.on('close', (code, signal) => resolve([code, signal])));
const VIDEO = ['generate', PROMPT, '--steps', '2', '--frames', '3'];
const afterMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a reader that goes away', () => {
  it('after the first line: every video is made, and the end is good', { timeout: SLOW }, async () => {
    const run = begin([...VIDEO, '--count', '3', '--quiet', '--out', 'clip.gif']);
    run.stdout?.once('data', () => run.stdout?.destroy());
    expect(await endOf(run)).toEqual([0, null]);
    expect(await readdir(folder)).toEqual(['clip-1.gif', 'clip-2.gif', 'clip-3.gif']);
  });

  it('from both streams at once, before anything is said: the same', { timeout: SLOW }, async () => {
    const run = begin([...VIDEO, '--out', 'clip.gif']);
    for (const stream of [run.stdout, run.stderr]) stream?.destroy();
    expect(await endOf(run)).toEqual([0, null]);
    expect(await readdir(folder)).toEqual(['clip.gif']);
  });

  it('and a job that fails is not called good', { timeout: SLOW }, async () => {
    const run = begin(['generate', 'a red cat', '--out', 'clip.gif']);
    for (const stream of [run.stdout, run.stderr]) stream?.destroy();
    expect(await endOf(run)).toEqual([2, null]);
  });
});

it.skipIf(process.platform !== 'linux').each([
  ['plan', ['plan', '--steps', '3']],
  ['generate', [...VIDEO, '--quiet', '--out', 'clip.gif']],
  ['help', ['--help']],
])('%s onto a full device ends in four lines', { timeout: SLOW }, async (_, args) => {
  const run = begin(args, openSync('/dev/full', 'w'));
  let told = '';
  run.stderr?.on('data', (text) => {
    told += text;
  });
  expect(await endOf(run)).toEqual([1, null]);
  const have = 'ENOSPC: no space left on device, write';
  const remedy =
    'send it to a terminal, a pipe or another disk; files that were named are written all the same';
  const need = 'a place for standard output that takes it';
  expect(told).toBe(lines('skipstone: cannot print', have, need, remedy));
});

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  const args = (name: string) => [...VIDEO, '--steps', '60', '--out', `${name}.mp4`, '--save', `${name}.st`];

  it('a second time ends the run by the signal, inside the runtime', { timeout: SLOW }, async () => {
    const run = begin(args('clip'));
    await new Promise((resolve) => run.stderr?.once('data', resolve));
    run.kill('SIGINT');
    await new Promise((resolve) => run.stderr?.once('data', resolve));
    run.kill('SIGINT');
    expect(await endOf(run)).toEqual([null, 'SIGINT']);
  });

  it('once ends a command that nothing can be saved of', { timeout: SLOW }, async () => {
    const run = begin(['verify', ...Array(50).fill(GOLDEN)]);
    run.stdout?.once('data', () => run.kill('SIGTERM'));
    expect(await endOf(run)).toEqual([null, 'SIGTERM']);
  });

  it('at any moment leaves whole files, and nothing else', { timeout: SLOW }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const run = begin(args(`r${round}`));
      const end = endOf(run);
      await afterMs(Math.random() * 6000);
      run.kill('SIGINT');
      if (round % 2 === 0) await afterMs(Math.random() * 60);
      if (round % 2 === 0) run.kill('SIGINT');
      const [code, signal] = await end;
      expect(signal ?? code, `round ${round}`).toSatisfy(
        (how) => how === 'SIGINT' || how === 130 || how === 0,
      );
    }
    for (const name of await readdir(folder)) {
      expect(name).toMatch(/^r\d+\.(mp4|st)$/);
      const path = join(folder, name);
      if (name.endsWith('.st')) await readSavedRun(path);
      else expect(await readFile(path, 'latin1')).toContain('moov');
    }
  });
});
