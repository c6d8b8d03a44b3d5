import { exec } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { BIN, PROMPT, type Started, skipstone, start } from '../test-kit/skipstone.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-resume-'));
  await writeFile(join(folder, 'every-nth.mjs'), EVERY_NTH);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const bytes = (name: string) => readFile(join(folder, name));

/** Resolves when a run has saved a step, or when it ended before. */
async function hasSaved(name: string, { ended }: Started): Promise<void> {
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (!over && !(await stat(join(folder, name)).catch(() => undefined))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** UniPC remembers predictions, the plugin remembers hidden streams and a number: all of it is saved. */
const ARGS = [
  PROMPT,
  '--steps',
  '24',
  '--frames',
  '3',
  '--sampler',
  'unipc',
  '--plugin',
  './every-nth.mjs:3',
  '--quiet',
];

describe('a saved run', { timeout: 240_000 }, () => {
  test('goes on to the same bytes after it was killed', async () => {
    const whole = ['--out', 'whole.mp4', '--latents-out', 'whole.st', '--ledger', 'whole.json'];
    expect((await skipstone(folder, 'generate', ...ARGS, ...whole)).code).toBe(0);
    const killed = start(folder, ['generate', ...ARGS, '--out', 'part.mp4', '--save', 'run.safetensors']);
    await hasSaved('run.safetensors', killed);
    killed.process.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    await expect(stat(join(folder, 'part.mp4'))).rejects.toThrow('ENOENT');
    const rest = ['--out', 'part.mp4', '--latents-out', 'part.st', '--ledger', 'part.json'];
    const resumed = await skipstone(folder, 'generate', ...ARGS, ...rest, '--resume', 'run.safetensors');
    expect(resumed.code).toBe(0);
    for (const ending of ['mp4', 'st']) {
      expect((await bytes(`part.${ending}`)).equals(await bytes(`whole.${ending}`))).toBe(true);
    }
    // Not its passes: what is computed once a run was computed twice.
    const [part, all] = [await bytes('part.json'), await bytes('whole.json')].map((text) =>
      JSON.parse(`${text}`),
    );
    expect(part.decisions).toEqual(all.decisions);
  });

  test('of Ctrl-C ends with 130 and the command to go on with', async () => {
    const args = [
      'generate',
      PROMPT,
      '--steps',
      '40',
      '--frames',
      '3',
      '--out',
      'clip.gif',
      '--save',
      'my run.safetensors',
    ];
    const stopped = start(folder, args);
    await hasSaved('my run.safetensors', stopped);
    stopped.process.kill('SIGINT');
    const { code, stderr, stdout } = await stopped.ended;
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toContain('stopping after the span that runs now');
    expect(stderr).toMatch(/have {3}my run\.safetensors, saved after step \d+/);
    const command = /do {5}skipstone (.*)/.exec(stderr)?.[1] ?? '';
    expect(command).toContain("--save 'my run.safetensors' --resume 'my run.safetensors'");
    const again = await new Promise<string>((resolve, reject) => {
      exec(`"${process.execPath}" "${BIN}" ${command}`, { cwd: folder }, (error, _, told) => {
        if (error) reject(error);
        else resolve(told);
      });
    });
    expect(again).toMatch(/denoise {2}going on after step \d+ of 40/);
    expect((await bytes('clip.gif')).subarray(0, 6).toString()).toBe('GIF89a');
  });

  test('is not taken for a run of other settings, model or file', async () => {
    const args = [PROMPT, '--steps', '2', '--frames', '1', '--quiet', '--out', 'a.png'];
    expect((await skipstone(folder, 'generate', ...args, '--save', 'run.st')).code).toBe(0);
    const resume = async (...more: readonly string[]) =>
      (await skipstone(folder, 'generate', ...args, ...more, '--resume', 'run.st')).stderr.split('\n');
    expect(await resume()).toEqual(['']);
    // Naming a default is the same as leaving it out.
    expect(await resume('--guidance', '4', '--keys-values', 'float32')).toEqual(['']);
    expect(await resume('--seed', '1', '--guidance', '3')).toEqual([
      'run.st is of another run than the one asked for',
      '  have   seed 1, guidance [3]',
      '  need   seed 0, guidance [4], as the run was saved',
      '  do     resume with what the run was started with, or start anew',
      '',
    ]);
    const [, other] = await resume('--plugin', './every-nth.mjs');
    expect(other).toMatch(
      /have {3}plugins \["\.\/every-nth\.mjs"\], module 1 \(--plugin\) "sha256:[0-9a-f]{64}"$/,
    );
    await writeFile(join(folder, 'run.st'), 'not a saved run');
    expect((await resume())[0]).toContain('run.st is text, not weights');
  });

  test('is not taken for one of a plugin or adapter that was changed since', async () => {
    const own = 'export { demoModel as open } from "@skipstone/demo-model";';
    const model = join(folder, 'model');
    await writeFile(model, '');
    const adapter = fileURLToPath(new URL('../../dist/own-adapter.mjs', import.meta.url));
    await writeFile(adapter, own);
    const args = [PROMPT, '--steps', '2', '--frames', '1', '--quiet', '--out', 'a.png'];
    const mine = ['--plugin', './every-nth.mjs:2', '--model', model, '--adapter', adapter];
    expect((await skipstone(folder, 'generate', ...args, ...mine, '--save', 'run.st')).code).toBe(0);
    const resume = async () => {
      const { code, stderr } = await skipstone(folder, 'generate', ...args, ...mine, '--resume', 'run.st');
      return [code, stderr.match(/have.*sha/g)?.join()];
    };
    expect(await resume()).toEqual([0, undefined]);
    for (const [path, text, mark] of [
      [join(folder, 'every-nth.mjs'), EVERY_NTH, 'module 1 (--plugin)'],
      [adapter, own, 'module 2 (--adapter)'],
    ] as const) {
      await writeFile(path, `${text}// changed\n`);
      expect(await resume()).toEqual([2, `have   ${mark} "sha`]);
      await writeFile(path, text);
    }
    expect(await resume()).toEqual([0, undefined]);
    await rm(adapter);
  });
});
