import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkipstoneError } from '@skipstone/core';
import { temporaryFolder } from '@skipstone/core/testing';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { atWork, exitCodeOf, failed } from './exit-code.js';
import { main } from './main.js';
import { PROMPT } from './test-kit/skipstone.js';

const fault = () => new SkipstoneError({ code: 'any', what: 'a', have: 'b', need: 'c', do: 'd' });

test('the same fault is a refusal before work and a failure at it; what is unforeseen always fails', async () => {
  expect([exitCodeOf(fault()), exitCodeOf(failed(fault()))]).toEqual([2, 1]);
  const error = await atWork(() => Promise.reject(fault())).catch((caught: unknown) => caught);
  expect([exitCodeOf(error), exitCodeOf(new TypeError('x')), exitCodeOf('x')]).toEqual([1, 1, 1]);
});

let folder = '';
beforeAll(async () => {
  folder = await temporaryFolder('exit');
  const bad = 'export function plugin() { return { name: "bad", contract: 1, setup: () => ({ step: ';
  await writeFile(at('a-file'), '');
  await writeFile(at('c.json'), '{"stepz": 1}');
  await writeFile(at('text.json'), 'no');
  await writeFile(at('late.mjs'), LATE);
  await writeFile(at('broken.mjs'), bad);
});
afterEach(() => vi.restoreAllMocks());

const at = (name: string): string => join(folder, name);

/** A plugin that fails at the first step. */
const LATE = `export const plugin = () => ({
  name: 'late', contract: 1, needs: () => ({}),
  setup: () => ({ advance: async () => { throw new Error('too late'); } }),
});`;

const SMALL = ['--steps', '1', '--frames', '1', '--quiet'];

describe('one rule for exit codes', { timeout: 60_000 }, () => {
  test.each([
    [2, 'nothing typed', []],
    [2, 'an unknown command', ['generat']],
    [2, 'an unknown option', ['plan', '--stepz']],
    [2, 'a value out of range', ['plan', '--steps', '0']],
    [2, 'a config file of other keys', ['plan', '--config', 'c.json']],
    [2, 'a config file that is none', ['plan', '--config', 'text.json']],
    [2, 'a model that is not there', ['plan', '--model', 'nowhere']],
    [2, 'a LoRA that is not there', ['plan', '--lora', 'nowhere.st']],
    [2, 'a policy that is none', ['plan', '--policy', 'text.json']],
    [2, 'a plugin that cannot be loaded', ['plan', '--plugin', 'broken.mjs']],
    [2, 'an adapter that cannot be loaded', ['plan', '--adapter', 'broken.mjs', '--model', 'a-file']],
    [2, 'a size the model has not', ['plan', '--size', '65x64']],
    [2, 'a run that does not fit', ['plan', '--memory', '8MiB']],
    [2, 'a word the model does not know', ['generate', 'a dog', ...SMALL, '--out', 'x.png']],
    [2, 'a ledger that is none', ['generate', PROMPT, ...SMALL, '--replay', 'text.json', '--out', 'x.png']],
    [2, 'an output below a file', ['generate', PROMPT, ...SMALL, '--out', 'a-file/x.png']],
    [2, 'an output that is an ending', ['generate', PROMPT, ...SMALL, '--out', '.mp4']],
    [2, 'an output named -', ['generate', PROMPT, ...SMALL, '--out', '-']],
    [2, 'a trace that is none', ['trace', '--examples', '1', '--out', 'text.json', ...SMALL]],
    [2, 'traces that are none', ['calibrate', 'text.json', '--out', 'p.json']],
    [2, 'a row that there is none of', ['bench', 'nothing']],
    [2, 'a folder to verify that is not there', ['verify', 'nowhere']],
    [2, 'an unknown action', ['weights', 'mak']],
    [
      1,
      'a plugin that throws at work',
      ['generate', PROMPT, ...SMALL, '--plugin', 'late.mjs', '--out', 'x.png'],
    ],
  ] as const)('%i: %s', async (code, _, args) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const files = args.map((arg) =>
      /^[\w-]+(\.\w+|\/x\.png)$|^nowhere$|^a-file$/.test(arg) ? at(arg) : arg,
    );
    process.exitCode = undefined;
    const ended = await main(files);
    process.exitCode = undefined;
    expect(ended).toBe(code);
  });
});
