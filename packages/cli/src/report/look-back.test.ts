import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { lines, PROMPT, skipstone } from '../test-kit/skipstone.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-report-'));
  await writeFile(join(folder, 'every-nth.mjs'), EVERY_NTH);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]) =>
  skipstone(folder, 'generate', PROMPT, '--steps', '5', '--out', 'out.png', ...args);
const everyNth = (n: number) => ['--plugin', `./every-nth.mjs:${n}`];
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';

describe('after a run', { timeout: 120_000 }, () => {
  test('says in a line what was reused, and what that gained', async () => {
    const { code, stderr } = await run(...everyNth(2));
    expect(code).toBe(0);
    expect(lastLine(stderr)).toMatch(
      /^reused cond 2 of 5, uncond 2 of 5 steps · 1\.[4-7]\dx expected · \d\.\d\dx measured$/,
    );
  });

  test('compares with the video without plugins where that is asked for', async () => {
    const { stderr } = await run(...everyNth(2), '--reference');
    expect(lastLine(stderr)).toMatch(/measured against the reference · PSNR \d\d\.\d dB · SSIM 0\.\d{4}$/);
    expect(stderr).toMatch(/^ {2}reference +[\d.]+ m?s$/m);
  });

  test('a plugin that reuses nothing costs and changes nothing', async () => {
    const { stderr } = await run(...everyNth(1), '--reference');
    expect(lastLine(stderr)).toMatch(
      /^reused cond 0 of 5.* · 1\.00x expected · .* · PSNR infinite, equal · SSIM 1\.0000$/,
    );
  });

  test('is quiet about reuse without a plugin, and has no reference then', async () => {
    expect((await run()).stderr).not.toMatch(/reused|expected/);
    const { code, stderr } = await run('--reference');
    expect([code, stderr]).toEqual([
      2,
      lines(
        '--reference makes the video without plugins, to compare with',
        'no plugin',
        'a plugin whose video can differ',
        'leave --reference out, or pass --plugin NAME',
      ),
    ]);
  });

  test('writes a page for each video, also of a run without plugins', async () => {
    const { stdout } = await run('--count', '2', '--quiet', '--report', 'pages/run.html');
    expect(stdout).toBe('out-1.png\npages/run-1.html\nout-2.png\npages/run-2.html\n');
    const page = await readFile(join(folder, 'pages/run-2.html'), 'utf8');
    expect(page).toContain('<dt>seed</dt><dd>1</dd>');
    expect(page).toContain('<h2>Decisions</h2>');
  });
});
