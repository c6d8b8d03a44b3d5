import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePrompt } from '@skipstone/demo-model';
import { checkCases, drawVideo, placeScene } from '@skipstone/demo-model/check';
import { decode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lines, skipstone } from '../test-kit/skipstone.js';
import { framesOf, stripFile } from './strip.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-check-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The case's scene, as it should be. */
function drawnCase(n: number) {
  const { prompt, seed } = checkCases()[n] ?? { prompt: '', seed: 0 };
  return drawVideo(placeScene(parsePrompt(prompt), seed), 9);
}

const checked = (...args: readonly string[]) => skipstone(folder, 'check', '--threads', '1', ...args);
const reportOf = async (name: string) => JSON.parse(await readFile(join(folder, name, 'check.json'), 'utf8'));

test('a strip has the same bytes when it is read', () => {
  const video = drawnCase(1);
  expect(framesOf(stripFile(video), 8)).toEqual(video);
});

describe('skipstone check', { timeout: 240_000 }, () => {
  test('makes the videos that are not there and judges all', async () => {
    await mkdir(join(folder, 'c'));
    await writeFile(join(folder, 'c', '000.png'), stripFile(drawnCase(0)));
    const { code, stdout, stderr } = await checked('--out', 'c', '--count', '2', '--steps', '1');
    expect([code, stdout]).toEqual([0, 'c/check.json\nc/sheet.png\n']);
    expect(stderr).toContain('1 of 2: a white triangle moves down slowly');
    expect(stderr).toMatch(/^all of it {7}1 of 2$/m);
    const report = await reportOf('c');
    expect(report).toMatchObject({ count: 2, all: 1, settings: { model: 'demo', steps: 1, frames: 9 } });
    expect(report.videos[0].verdict.motion.right).toBe(true);
    // One step gives no picture.
    expect(report.videos[1].verdict['moving shape'].right).toBe(false);
    expect(framesOf(await readFile(join(folder, 'c', '001.png')), 8).rgba).toHaveLength(9);
    const { width, height } = decode(await readFile(join(folder, 'c', 'sheet.png')));
    expect([width, height]).toEqual([2 * (9 * 64 + 14), 2 * (2 * 64 + 2)]);
  });

  test('marks on the sheet are green where a part is right and red where not', async () => {
    await mkdir(join(folder, 'c'));
    await writeFile(join(folder, 'c', '000.png'), stripFile(drawnCase(1)));
    const { code } = await checked('--out', 'c', '--count', '1');
    expect(code).toBe(0);
    const { width, data } = decode(await readFile(join(folder, 'c', 'sheet.png')));
    const mark = (n: number) => {
      const at = 4 * (2 * (7 * n + 2) * width + 2 * (9 * 64 + 3));
      return [...data.subarray(at, at + 3)];
    };
    const { verdict } = (await reportOf('c')).videos[0];
    const want = Object.values(verdict as Record<string, { right: boolean }>).map(({ right }) =>
      right ? [60, 180, 60] : [210, 40, 40],
    );
    expect(want.filter(([red]) => red === 60).length).toBeGreaterThan(1);
    expect(want.filter(([red]) => red === 210).length).toBeGreaterThan(1);
    expect(want.map((_, n) => mark(n))).toEqual(want);
  });

  test('refuses a folder of other settings', async () => {
    await mkdir(join(folder, 'c'));
    await writeFile(join(folder, 'c', '000.png'), stripFile(drawnCase(0)));
    await checked('--out', 'c', '--count', '1');
    const { code, stderr } = await checked('--out', 'c', '--count', '1', '--steps', '12');
    expect(code).not.toBe(0);
    expect(stderr).toContain('the videos of this folder were made with other settings');
    expect(stderr).toContain('do     name another folder');
  });

  test('refuses what it cannot do', async () => {
    const none = await checked();
    expect(none.stderr).toContain('--out');
    const still = await checked('--out', 'c', '--frames', '1');
    expect(still.stderr).toBe(
      lines('--frames: a still picture shows no motion', '--frames 1', 'at least 2', 'leave --frames out'),
    );
    const many = await checked('--out', 'c', '--count', '101');
    expect(many.stderr).toContain('--count');
  });
});
