import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeSafetensors } from '../checkpoint/write.js';
import type { SkipstoneError } from '../error.js';
import type { SavedRun } from '../loop/saved/saved-run.js';
import type { HostTensor } from '../spec/tensor.js';
import { rejectionOf } from '../testing/fault.js';
import { assertSameRun, readSavedRun, writeSavedRun } from './saved-run-file.js';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-saved-'));
  path = join(folder, 'run.safetensors');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const floats = (shape: readonly number[], ...values: number[]): HostTensor => ({
  type: 'float32',
  shape,
  data: Float32Array.from(values),
});

const saved: SavedRun = {
  marks: { schedule: 'euler-flow 0123456789abcdef', given: 'none' },
  step: 2,
  latents: { video: floats([2, 2], 1, -0, Number.NaN, 4), audio: floats([1, 1], 0.5) },
  ledger: {
    version: 1,
    model: 'toy',
    steps: 3,
    decisions: [{ step: 0, plugin: 'p', key: 'skip', value: { rows: [1, 2] }, signal: 0.25 }],
    passes: [{ step: 0, branch: 'cond', spans: ['plain/end'], rows: { video: 2 }, closed: [] }],
  },
  cells: [[1, null, 'x'], [], [{ a: [true] }]],
  tensors: {
    '0|slot|0|video': floats([2, 2], 1, 2, 3, 4),
    '1|slot|0|video': { type: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0x7e01, 0x8000) },
    '1|cache|kept||video|0': floats([2, 1], 5, 6),
    '1|cache|kept||video|0|steps': { type: 'int32', shape: [2], data: Int32Array.of(1, -1) },
    'rows|cond|blocks.0.k': floats([2, 1], 7, 8),
    'rows|cond|blocks.0.k|covered': { type: 'uint8', shape: [2], data: Uint8Array.of(1, 1) },
  },
};
const identity = { prompt: 'a red circle', seed: 1, size: { width: 64, height: 32 } };
const KEY = 'skipstone.saved-run';

/** Metadata as written, changed, over these tensors. */
async function forge(
  change: (json: Record<string, unknown>) => void,
  tensors: Readonly<Record<string, HostTensor>> = { 'latents.video': floats([1, 1], 1) },
): Promise<void> {
  const { marks, step, ledger, cells } = saved;
  const json = { version: 3, marks, step, identity, ledger, cells };
  change(json);
  await writeSafetensors(path, tensors, { metadata: { [KEY]: JSON.stringify(json) } });
}

test('gives back a run bit for bit', async () => {
  await writeSavedRun(path, { saved, identity });
  expect(await readSavedRun(path)).toEqual({ saved, identity });
  expect(await readdir(folder)).toEqual(['run.safetensors']);
});

test('keeps latents of a stage before it, of any shape', async () => {
  const before = { video: floats([1, 1, 1, 2], 3, 4), audio: floats([1, 1], 5) };
  await writeSavedRun(path, { saved, identity, before });
  expect(await readSavedRun(path)).toEqual({ saved, identity, before });
});

test('writes the same bytes for the same run', async () => {
  await writeSavedRun(path, { saved, identity });
  const first = await readFile(path);
  await writeSavedRun(path, { saved, identity });
  expect((await readFile(path)).equals(first)).toBe(true);
});

test.each([Number.POSITIVE_INFINITY, Number.NaN])('refuses to write a cell of %d', async (number) => {
  const error = await rejectionOf(writeSavedRun(path, { saved: { ...saved, cells: [[number]] }, identity }));
  expect(error.lines).toMatchObject({ code: 'saved-run-number', have: `${number} at 0` });
  expect(await readdir(folder)).toEqual([]);
});

test.each<[string, (json: Record<string, unknown>) => void, string]>([
  ['an older version', (json) => Object.assign(json, { version: 1 }), 'version: a save of another version'],
  ['marks that are no texts', (json) => Object.assign(json, { marks: { given: 1 } }), 'marks.given'],
  ['an unknown key', (json) => Object.assign(json, { extra: 1 }), 'extra'],
  ['a broken step', (json) => Object.assign(json, { step: -1 }), 'step'],
  ['a step past the end', (json) => Object.assign(json, { step: 4 }), 'step 4'],
  ['cells that are no lists', (json) => Object.assign(json, { cells: [1] }), 'cells.0'],
  ['a ledger of its own making', (json) => Object.assign(json, { ledger: { version: 1 } }), 'model'],
  ['nesting without end', (json) => Object.assign(json, { cells: [nested(70)] }), 'nests deeper than 64'],
])('refuses metadata with %s', async (_, change, have) => {
  await forge(change);
  const error = await rejectionOf(readSavedRun(path));
  expect(error.lines.what).toContain(path);
  expect(error.lines.have).toContain(have);
});

test.each<[string, Readonly<Record<string, HostTensor>>, string]>([
  ['no latents', { 'memory.0|slot|0|video': floats([1], 1) }, 'no latents'],
  ['latents of another rank', { 'latents.video': floats([2], 1, 2) }, 'latents of video: float32 [2]'],
  ['a foreign tensor', { 'latents.video': floats([1, 1], 1), other: floats([1], 1) }, 'a tensor other'],
  [
    'a cache without coverage',
    { 'latents.video': floats([1, 1], 1), 'memory.rows|cond|k': floats([2, 1], 1, 2) },
    'rows|cond|k|covered: none',
  ],
  [
    'coverage of another length',
    {
      'latents.video': floats([1, 1], 1),
      'memory.0|cache|kept||video|0': floats([2, 1], 1, 2),
      'memory.0|cache|kept||video|0|steps': { type: 'int32', shape: [1], data: Int32Array.of(1) },
    },
    '|steps: int32 [1]',
  ],
])('refuses a file with %s', async (_, tensors, have) => {
  await forge(() => {}, tensors);
  const error = await rejectionOf(readSavedRun(path));
  expect(error.lines).toMatchObject({ code: 'saved-run-file', have: expect.stringContaining(have) });
});

test('refuses a checkpoint, and a file that was cut off', async () => {
  await writeSafetensors(path, { x: floats([1], 1) });
  expect((await rejectionOf(readSavedRun(path))).lines.have).toBe(`no metadata ${KEY}`);
  await writeSavedRun(path, { saved, identity });
  await truncate(path, 900);
  expect((await rejectionOf(readSavedRun(path))).code).toBe('checkpoint-header');
});

test('says what differs from the run that is asked for', () => {
  expect(() => assertSameRun(path, identity, { ...identity })).not.toThrow();
  expect(() => assertSameRun(path, { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } })).not.toThrow();
  try {
    assertSameRun(path, identity, { ...identity, seed: 2, steps: 9 });
    expect.unreachable();
  } catch (error) {
    expect((error as SkipstoneError).lines).toMatchObject({
      code: 'resume-other-run',
      have: 'seed 2, steps 9',
      need: 'seed 1, steps none, as the run was saved',
    });
  }
});

function nested(depth: number): unknown {
  return depth === 0 ? [] : [nested(depth - 1)];
}
