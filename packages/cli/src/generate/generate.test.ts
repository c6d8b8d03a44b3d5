import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { PROMPT, skipstone } from '../test-kit/skipstone.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-generate-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]) => skipstone(folder, 'generate', ...args);
const bytes = (name: string) => readFile(join(folder, name));

describe('files', { timeout: 120_000 }, () => {
  test('makes a video named after prompt and seed, and says where the time went', async () => {
    const { code, stdout, stderr } = await run(PROMPT, '--steps', '2');
    const name = `${PROMPT.replaceAll(' ', '-')}-0.mp4`;
    expect([code, stdout]).toEqual([0, `${name}\n`]);
    expect((await bytes(name)).subarray(4, 8).toString()).toBe('ftyp');
    const parts = [...stderr.matchAll(/^ {2}([\w-]+) +[\d.]+ m?s/gm)].map((match) => match[1]);
    expect(parts).toEqual(['open', 'self-test', 'encode', 'plan', 'denoise', 'decode', 'write', 'total']);
    expect(stderr).toContain('inside the runtime');
    expect(stderr).toContain('mp4, 9 frames of 256x256, 8 a second');
  });

  test.each([
    ['clip.gif', 'GIF89a'],
    ['sheet.png', '\u0089PNG'],
  ])('writes %s', async (name, start) => {
    expect((await run(PROMPT, '--steps', '2', '--out', name, '--quiet')).code).toBe(0);
    expect((await bytes(name)).subarray(0, start.length).toString('latin1')).toBe(start);
  });

  test('writes a folder of frames, each enlarged', async () => {
    const { code, stdout, stderr } = await run(
      PROMPT,
      '--steps',
      '2',
      '--frames',
      '2',
      '--out',
      'in/frames/',
      '--scale',
      '2',
      '--quiet',
    );
    expect([code, stdout, stderr]).toEqual([0, 'in/frames/\n', '']);
    expect(await readdir(join(folder, 'in/frames'))).toEqual(['frame-0001.png', 'frame-0002.png']);
    const png = await bytes('in/frames/frame-0001.png');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 128]);
  });

  test('numbers many videos, the second of the next seed', async () => {
    const args = [PROMPT, '--steps', '1', '--frames', '1', '--quiet'];
    const many = await run(...args, '--seed', '6', '--count', '2', '--out', 'a.png', '--latents-out', 'a.st');
    expect(many.stdout).toBe('a-1.png\na-1.st\na-2.png\na-2.st\n');
    await run(...args, '--seed', '7', '--out', 'b.png');
    expect((await bytes('a-2.png')).equals(await bytes('b.png'))).toBe(true);
    expect((await bytes('a-1.png')).equals(await bytes('b.png'))).toBe(false);
  });

  test('takes options from a config file', async () => {
    const options = { prompt: PROMPT, steps: 1, frames: 1, seed: 7, out: 'from-file.png' };
    await writeFile(join(folder, 'scene.json'), JSON.stringify(options));
    expect((await run('--config', 'scene.json', '--quiet')).stdout).toBe('from-file.png\n');
    expect((await run('--config', 'scene.json', '--out', 'typed.png', '--quiet')).stdout).toBe('typed.png\n');
    expect((await bytes('typed.png')).equals(await bytes('from-file.png'))).toBe(true);
  });

  test('finds out that it cannot write before it computes', async () => {
    await writeFile(join(folder, 'a-file'), '');
    const { code, stderr } = await run(PROMPT, '--out', 'a-file/clip.mp4');
    expect(code).toBe(2);
    expect(stderr).toContain(
      "write: cannot write 'a-file/clip.mp4'\n  have   a file where a folder is needed",
    );
    const twice = await run(PROMPT, '--out', 'x.png', '--ledger', './x.png');
    expect([twice.code, twice.stderr.split('\n')[0]]).toEqual([2, '--ledger and --out name one file']);
    await run(PROMPT, '--out', 'frames', '--steps', '1', '--frames', '1', '--quiet');
    const into = await run(PROMPT, '--save', 'frames');
    expect([into.code, into.stderr.split('\n')[0]]).toEqual([2, '--save frames cannot be written there']);
  });
});

describe('what the model refuses', { timeout: 60_000 }, () => {
  test('an unknown word, with the words there are', async () => {
    const { code, stderr } = await run(PROMPT.replace('circle', 'dog'));
    expect(code).toBe(2);
    expect(stderr).toContain("'dog' (word 3) is not a word the demo model knows\n  have   a red [dog] moves");
    expect(stderr).toContain('need   a shape here: circle, square, triangle, ring');
  });

  test('a size it was not trained for', async () => {
    const { code, stderr } = await run(PROMPT, '--size', '65x64');
    expect([code, stderr.split('\n').slice(1, 3)]).toEqual([2, ['  have   65x64', '  need   64x64']]);
  });

  test('no prompt, with one that works', async () => {
    const { code, stderr } = await run();
    expect([code, stderr.split('\n')[1]]).toEqual([2, '  have   no prompt']);
    const example = /skipstone generate "(.*)"/.exec(stderr)?.[1] ?? '';
    expect((await run(example, '--steps', '1', '--frames', '1')).code).toBe(0);
  });

  test('a run that does not fit', async () => {
    const { code, stderr } = await run(PROMPT, '--memory', '8MiB');
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'plan: this run does not fit']);
    await expect(stat(join(folder, `${PROMPT.replaceAll(' ', '-')}-0.mp4`))).rejects.toThrow('ENOENT');
  });

  test('no seed up to the last, and none behind it', async () => {
    const one = [PROMPT, '--steps', '1', '--frames', '1', '--quiet', '--out', 's.png', '--seed'];
    expect((await run(...one, String(Number.MAX_SAFE_INTEGER))).code).toBe(0);
    const { code, stderr } = await run(...one, String(Number.MAX_SAFE_INTEGER - 1), '--count', '3');
    expect([code, stderr.split('\n').slice(0, 3)]).toEqual([
      2,
      [
        '--count 3 leads past the last seed',
        `  have   --seed ${Number.MAX_SAFE_INTEGER - 1}`,
        `  need   at most ${Number.MAX_SAFE_INTEGER - 2} for 3 videos`,
      ],
    ]);
  });

  test('guidance that is off is said once for all videos', async () => {
    const args = [PROMPT, '--steps', '1', '--frames', '1', '--out', 'g.png', '--count', '2'];
    const told = async (...more: readonly string[]) =>
      (await run(...args, ...more)).stderr.match(/note: guidance.*/g);
    expect(await told('--guidance', '0.5', '--negative', PROMPT)).toEqual([
      'note: guidance 0.5 turns guidance off: the negative prompt is not read',
    ]);
    expect(await told('--guidance', '1.5')).toBe(null);
  });

  test('contradictions', async () => {
    const both = await run(PROMPT, '--embeds', 'x.safetensors');
    expect([both.code, both.stderr.split('\n')[0]]).toEqual([2, '--embeds stands for the prompts']);
    const many = await run(PROMPT, '--count', '2', '--resume', 'x.safetensors');
    expect([many.code, many.stderr.split('\n')[0]]).toEqual([2, '--resume is of one video']);
  });
});

describe('a ledger', { timeout: 120_000 }, () => {
  test('is written, and replayed to the same video under other settings of its plugin', async () => {
    await writeFile(join(folder, 'every-nth.mjs'), EVERY_NTH);
    const args = [PROMPT, '--steps', '5', '--frames', '2', '--quiet'];
    await run(...args, '--plugin', './every-nth.mjs:2', '--ledger', 'a.json', '--out', 'a.png');
    const other = ['--plugin', './every-nth.mjs:5', '--ledger', 'b.json', '--out', 'b.png'];
    expect((await run(...args, ...other, '--replay', 'a.json')).code).toBe(0);
    expect((await bytes('b.png')).equals(await bytes('a.png'))).toBe(true);
    const { decisions } = JSON.parse((await bytes('b.json')).toString());
    expect(decisions.map(({ value }: { value: boolean }) => value)).toEqual(
      [false, true, false, true, false].flatMap((reuse) => [reuse, reuse]),
    );
    await run(...args, '--plugin', './every-nth.mjs:5', '--out', 'c.png');
    expect((await bytes('c.png')).equals(await bytes('a.png'))).toBe(false);
    const longer = await run(...args, '--replay', 'a.json', '--steps', '6');
    expect([longer.code, longer.stderr.split('\n').slice(1, 4)]).toEqual([
      2,
      ['  have   demo, 5 steps', '  need   demo, 6 steps', '  do     pass --steps 5'],
    ]);
    await writeFile(join(folder, 'bad.json'), '{"version": 2}');
    expect((await run(...args, '--replay', 'bad.json')).stderr).toContain('this is not a ledger of a run');
  });
});
