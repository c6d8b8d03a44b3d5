import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { PROMPT, skipstone } from '../test-kit/skipstone.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-proxies-'));
  await writeFile(join(folder, 'every-nth.mjs'), EVERY_NTH);
  await writeFile(join(folder, 'prompts.txt'), `${PROMPT}\n`);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('shows the proxies of a trace in the page, of the same prompt where it has that', {
  timeout: 120_000,
}, async () => {
  const some = ['--steps', '4', '--frames', '2', '--quiet'];
  const traced = await skipstone(folder, 'trace', '--prompts', 'prompts.txt', ...some, '--out', 't.jsonl');
  expect([traced.code, traced.stderr]).toEqual([0, '']);
  const run = (...args: readonly string[]) =>
    skipstone(folder, 'generate', PROMPT, ...some, '--out', 'a.png', ...args);
  const pageOf = async (...args: readonly string[]) => {
    const { code, stderr } = await run('--trace', 't.jsonl', '--report', 'a.html', ...args);
    expect([code, stderr]).toEqual([0, '']);
    return readFile(join(folder, 'a.html'), 'utf8');
  };
  const same = await pageOf();
  expect(same).toContain('<h2>Proxy against oracle</h2>');
  expect(same).toContain('of this prompt and seed, uncached, by t.jsonl');
  expect(same).toMatch(/The best 4 of \d+ taps/);
  expect(await pageOf('--seed', '3')).toContain('of another run, uncached');
  const alone = await run('--trace', 't.jsonl');
  expect([alone.code, alone.stderr.split('\n')[0]]).toEqual([2, '--trace is shown in the page of --report']);
  const missing = await run('--trace', 'no.jsonl', '--report', 'a.html');
  expect([missing.code, missing.stderr.split('\n')[0]]).toEqual([
    2,
    '--trace no.jsonl: this file cannot be read',
  ]);
});
