import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editedGolden, type GoldenEdits } from '@skipstone/golden';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../main.js';

const golden = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const EULER = golden('models-wan/test-data/run-wan21-euler');
const GALAXY_HSA = golden('models-wan/test-data/method-galaxy-hsa');
const SCHEDULE = golden('core/test-data/schedule-wan');

let folder = '';
let [out, err] = ['', ''];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-verify-'));
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

const verify = (...args: string[]): Promise<number> => main(['verify', ...args]);
const edited = (from: string, edits: GoldenEdits): Promise<string> => editedGolden(from, folder, edits);

describe('a folder that agrees', () => {
  test('prints a line for each tensor and what it comes to, and exits with 0', async () => {
    expect(await verify(EULER)).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe(`${EULER}: whole denoising run, Euler, no shift, 6 steps, guidance 4.0`);
    expect(lines[1]).toMatch(/^ {2}ok {4}schedule\.sigmas +\[7\] +\d\.\de-\d$/);
    expect(lines[3]).toMatch(/^ {2}ok {4}step\.0\.velocity +\[1, 4, 3, 8, 6\] {2}\d\.\de-\d$/);
    expect(lines).toHaveLength(17);
    expect(lines[16]).toMatch(/^ {2}15 checked, none missed at 1\.0e-4; largest error \d\.\de-\d, \S+$/);
    expect(err).toBe('');
  });

  test('flags and counts are said to be exact', async () => {
    expect(await verify(GALAXY_HSA)).toBe(0);
    expect(out).toMatch(/ok {4}ledger\.reuse_cond +\[20\] +0 +exact\n/);
  });
});

describe('a broken copy exits with 3', () => {
  test.each([
    ['one weight', EULER, { model: { 'blocks.2.ffn.net.2.weight': { at: 7, value: 0.5 } } }, 'out.latents'],
    ['one flag', GALAXY_HSA, { io: { 'ledger.reuse_cond': { at: 6, value: 1 } } }, 'ledger.reuse_cond'],
    ['one noise level', EULER, { io: { 'schedule.sigmas': { at: 2, value: 0.6 } } }, 'schedule.sigmas'],
    ['a NaN', EULER, { io: { 'out.latents': { at: 2, value: Number.NaN } } }, 'out.latents'],
    ['a tensor less', SCHEDULE, { io: { 'out.euler.shift3.n4.sigmas': null } }, 'out.euler.shift3.n4.sigmas'],
  ])('%s', async (_, from, edits, missed) => {
    expect(await verify(await edited(from, edits))).toBe(3);
    expect(out).toContain(`  MISS  ${missed} `);
    expect(out).toMatch(/\d+ checked, \d+ missed at 1\.0e-4; largest error \S+, \S+\n$/);
  });

  test('a NaN and a missing tensor say so', async () => {
    const io = { 'out.latents': { at: 2, value: Number.NaN }, 'step.0.latents': null };
    expect(await verify(await edited(EULER, { io }))).toBe(3);
    expect(out).toMatch(/MISS {2}out\.latents +\[1, 4, 3, 8, 6\] {2}NaN +not a number\n/);
    expect(out).toMatch(/MISS {2}step\.0\.latents +\[1, 4, 3, 8, 6\] {2}– +not in io\.safetensors\n/);
  });
});

test('--rtol decides what is a miss', async () => {
  expect(await verify(EULER, '--rtol', '1e-9')).toBe(3);
  expect(out).toContain('missed at 1.0e-9');
});

describe('several folders', () => {
  test('are verified one after another; an error of one does not stop the next', async () => {
    const broken = await edited(EULER, { io: { 'out.latents': { at: 0, value: 9 } } });
    expect(await verify('nowhere', broken, SCHEDULE)).toBe(3);
    expect(err).toContain('there is no golden folder at nowhere\n  have   no folder\n  need');
    expect(out).toMatch(/1 of 3 folders verified\nmissed: .*\nnot verified: nowhere\n$/);
    expect(out).toContain(`missed: ${broken}\n`);
  });

  test('a failure counts before a folder that is none', async () => {
    const failing = await edited(EULER, { model: { 'proj_out.bias': null } });
    expect(await verify('nowhere', failing)).toBe(1);
    expect(err).toContain("the checkpoint has no tensor 'proj_out.bias'");
  });
});

describe('what cannot be verified as it is exits with 2', () => {
  test.each([
    ['an unknown kind', { case: { kind: 'runs' } }, "nothing here verifies cases of the kind 'runs'"],
    [
      'an unknown model',
      { config: { _class_name: 'X' } },
      "nothing here verifies this case of the kind 'run'",
    ],
    [
      'a variant that nobody runs',
      { config: { pos_embed_seq_len: 514 } },
      'not a Wan transformer that can be run',
    ],
    [
      'an unknown grid',
      { case: { grid: 'karras', scheduler: undefined } },
      'its grid of noise levels is not known',
    ],
    ['an unknown field', { case: { stepz: 6 } }, 'a field of its case.json is not understood: stepz'],
  ])('%s', async (_, edits, what) => {
    expect(await verify(await edited(EULER, edits))).toBe(2);
    const lines = err.trimEnd().split('\n');
    expect(lines[0]).toContain(what);
    expect(
      lines
        .slice(1)
        .map((line) => line.slice(0, 9).trim())
        .filter(Boolean),
    ).toEqual(['have', 'need', 'do']);
    expect(out).not.toContain('checked');
  });

  test.each(['0', '-1', 'x', '', 'Infinity', 'NaN'])('--rtol %s', async (value) => {
    expect(await verify(EULER, `--rtol=${value}`)).toBe(2);
    expect(err).toBe(
      [
        '--rtol has a value that does not serve',
        `  have   --rtol ${value === '' ? "''" : value}`,
        '  need   a number above 0',
        '  do     for example --rtol 1e-4\n',
      ].join('\n'),
    );
  });

  test('an unknown option names the nearest', async () => {
    expect(await verify(EULER, '--rtoll', '1')).toBe(2);
    expect(err).toContain('did you mean --rtol?');
  });

  test('no folder', async () => {
    expect(await verify()).toBe(2);
    expect(err).toContain('folder');
  });
});

describe('--json', () => {
  test('is one object, with null where an error is no number', async () => {
    const broken = await edited(SCHEDULE, { io: { 'out.euler.shift3.n4.sigmas': null } });
    expect(await verify(broken, 'nowhere', '--json', '--rtol', '1e-5')).toBe(3);
    const { rtol, ok, folders } = JSON.parse(out);
    expect([rtol, ok, folders.length, err]).toEqual([1e-5, false, 2, '']);
    expect(folders[0]).toMatchObject({ folder: broken, kind: 'schedule', ok: false });
    expect(folders[0].tensors).toContainEqual({
      name: 'out.euler.shift3.n4.sigmas',
      shape: [5],
      note: 'not in io.safetensors',
      ok: false,
      error: null,
    });
    expect(folders[1]).toEqual({
      folder: 'nowhere',
      ok: false,
      tensors: [],
      error: {
        code: 'golden-folder',
        what: 'there is no golden folder at nowhere',
        have: 'no folder',
        need: 'a folder with case.json, config.json and io.safetensors',
        do: 'check the path',
      },
    });
  });
});
