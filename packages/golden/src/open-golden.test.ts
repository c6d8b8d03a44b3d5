import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultLines, rejectionOf } from '@skipstone/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { editedGolden } from './edited-golden.js';
import { openGolden } from './open-golden.js';

const REAL = fileURLToPath(new URL('../../core/test-data/schedule-wan', import.meta.url));
const CASE = JSON.parse(await readFile(join(REAL, 'case.json'), 'utf8'));
const FIRST = 'out.unipc.shift1.n4.sigmas';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-golden-')));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the error of opening says, the folder left out. */
const linesOf = async (work: Promise<unknown> = openGolden(folder)) =>
  faultLines(await rejectionOf(work), folder);

async function put(name: string, content: unknown): Promise<void> {
  await writeFile(at(name), typeof content === 'string' ? content : JSON.stringify(content));
}

async function copy(...names: string[]): Promise<void> {
  for (const name of names) await copyFile(join(REAL, name), at(name));
}

test('gives fields, declared tensors, inputs and references', async () => {
  const golden = await openGolden(REAL);
  expect(golden).toMatchObject({ folder: REAL, kind: 'schedule', what: CASE.what, fields: {} });
  expect(golden.config).toEqual({ shifts: [1, 3, 5, 8, 12], steps: [4, 20, 40, 50] });
  expect(golden.tensors.get(FIRST)).toEqual({ type: 'float64', shape: [5] });
  expect((await golden.reference(FIRST))?.shape).toEqual([5]);
  expect(await golden.reference('out.nothing')).toBeUndefined();
});

test('what a case says of its origin is no field of its kind, other words are', async () => {
  const prose = {
    peer: { where: 'there' },
    notes: ['a quirk'],
    note: 'n',
    executed: {},
    summary: 'moves 0.3',
  };
  await copy('config.json', 'io.safetensors');
  await put('case.json', { ...CASE, ...prose, solver: 'euler' });
  expect((await openGolden(folder)).fields).toEqual({ solver: 'euler' });
});

describe('a result', () => {
  test.each([FIRST, 'schedule.sigmas', 'step.0.latents', 'tap.blocks.0'])('%s is no input', async (name) => {
    const golden = await openGolden(REAL);
    expect(await linesOf(golden.input(name))).toEqual([
      'golden-input',
      `${REAL}: a result was asked for as an input`,
      name,
      'in.*',
      'compute it, and compare',
    ]);
  });
});

test('an input that is missing is named', async () => {
  const golden = await openGolden(REAL);
  expect(await linesOf(golden.input('in.latents'))).toEqual([
    'golden-tensors',
    `${REAL}: the case lacks an input`,
    'no inputs',
    'in.latents',
    'record the case again',
  ]);
});

test('a folder that is none', async () => {
  expect(await linesOf(openGolden(at('nowhere')))).toEqual([
    'golden-folder',
    'there is no golden folder at …/nowhere',
    'no folder',
    'a folder with case.json, config.json and io.safetensors',
    'check the path',
  ]);
});

describe('a folder that is incomplete', () => {
  test.each(['case.json', 'config.json', 'io.safetensors'])('lacks %s', async (missing) => {
    await copy(...['case.json', 'config.json', 'io.safetensors'].filter((name) => name !== missing));
    expect(await linesOf()).toEqual([
      'golden-folder',
      '…: the golden folder is incomplete',
      `no file ${missing}`,
      'case.json, config.json, io.safetensors, and model.safetensors where a model runs',
      'name a golden folder, or copy the whole of it',
    ]);
  });

  test('lacks the model, once it is asked for', async () => {
    await copy('case.json', 'config.json', 'io.safetensors');
    const golden = await openGolden(folder);
    expect((await linesOf(golden.model()))[2]).toBe('no file model.safetensors');
  });
});

describe('a link', () => {
  test.each(['case.json', 'config.json', 'io.safetensors'])('%s that leads out is refused', async (name) => {
    await mkdir(at('inner'));
    await editedGolden(REAL, at('inner'), {});
    await rm(at(`inner/${name}`));
    await symlink(join(REAL, name), at(`inner/${name}`));
    expect(await linesOf(openGolden(at('inner')))).toEqual([
      'golden-folder',
      '…/inner: a file of the golden folder lies outside of it',
      `${name} is a link to ${join(await realpath(REAL), name)}`,
      'all files in the folder itself',
      'copy the file into the folder',
    ]);
  });

  test('to the folder itself is followed', async () => {
    await symlink(REAL, at('linked'));
    expect((await openGolden(at('linked'))).kind).toBe('schedule');
  });
});

describe('case.json', () => {
  const read = ['golden-case', '…/case.json: it cannot be read'];
  const plain = ['one JSON object of plain text, each key once', 'restore the file'];
  const need = 'what, kind, reference, seed and tensors (name → [type, shape])';
  const mend = 'record the case again, or restore its case.json';
  const describes = ['golden-case', '…/case.json: this does not describe a golden case'];

  test.each([
    ['no JSON', '{"what": ', 'JSON that cannot be parsed: '],
    ['a key twice', '{"a": 1, "a": 2}', "JSON that has the key 'a' twice in one object"],
    ['nested too deeply', `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`, 'JSON that nests deeper than 8'],
    ['a list', '[]', 'a list'],
    ['null', 'null', 'null'],
    ['an escape sequence', { ...CASE, what: '\u001b[2J' }, 'text with control characters'],
  ])('%s', async (_, content, have) => {
    await copy('config.json', 'io.safetensors');
    await put('case.json', content);
    const lines = await linesOf();
    expect([lines.slice(0, 2), lines.slice(3)]).toEqual([read, plain]);
    expect(lines[2]).toContain(have);
  });

  test.each([
    ['without a kind', { ...CASE, kind: undefined }, 'kind: '],
    ['with an unknown type', { ...CASE, tensors: { x: ['float8', [1]] } }, 'tensors.x.0: an unknown type'],
    ['with a broken shape', { ...CASE, tensors: { x: ['float32', [-1]] } }, 'tensors.x.1.0: '],
    ['with a strange name', { ...CASE, tensors: { '../x': ['float32', [1]] } }, 'tensors.../x: '],
    ['with a seed that is a text', { ...CASE, seed: '0' }, 'seed: '],
  ])('%s', async (_, content, have) => {
    await copy('config.json', 'io.safetensors');
    await put('case.json', content);
    const lines = await linesOf();
    expect([lines.slice(0, 2), lines.slice(3)]).toEqual([describes, [need, mend]]);
    expect(lines[2]).toContain(have);
  });

  test('of a megabyte and more', async () => {
    await copy('config.json', 'io.safetensors');
    await put('case.json', `{}${' '.repeat(2 ** 20)}`);
    const size = ['1048578 bytes', 'at most 1048576', 'restore the file'];
    expect(await linesOf()).toEqual(['golden-case', '…/case.json: it is too large', ...size]);
  });
});

test('config.json that is no object', async () => {
  await copy('case.json', 'io.safetensors');
  await put('config.json', '3');
  expect((await linesOf()).slice(0, 3)).toEqual(['golden-case', '…/config.json: it cannot be read', '3']);
});

describe('case.json and io.safetensors', () => {
  test.each([
    ['another shape', { [FIRST]: ['float64', [6]] }, 'float64 [6], as case.json says'],
    ['another type', { [FIRST]: ['float32', [5]] }, 'float32 [5], as case.json says'],
    ['an undeclared tensor', { [FIRST]: undefined }, 'a tensor that case.json declares'],
  ])('disagree: %s', async (_, change, need) => {
    await editedGolden(REAL, folder, { case: { tensors: { ...CASE.tensors, ...change } } });
    expect(await linesOf()).toEqual([
      'golden-tensors',
      `…: case.json and io.safetensors disagree about ${FIRST}`,
      'F64 [5] in io.safetensors',
      need,
      'take both files from one recording',
    ]);
  });
});
