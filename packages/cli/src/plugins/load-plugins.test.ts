import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejectionOf } from '@skipstone/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EVERY_NTH } from '../test-kit/every-nth.js';
import { type PluginArguments, parsePlugin } from './arguments.js';
import { loadPlugins } from './load-plugins.js';
import type { PluginEntry } from './registry.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-plugins-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const asked: PluginArguments[] = [];
const registry: Readonly<Record<string, PluginEntry>> = {
  'galaxy-cache': {
    about: 'keeps its arguments',
    load: async () => (args) => {
      asked.push(args);
      return { name: 'galaxy-cache', contract: 1, setup: () => ({}) };
    },
  },
};

test('takes name, values and named values apart', () => {
  expect(parsePlugin('galaxy')).toEqual({ name: 'galaxy', values: [], options: {} });
  expect(parsePlugin('galaxy:0.3, fast,window=8,aligned=true,at=blocks.0.attn_out')).toEqual({
    name: 'galaxy',
    values: [0.3, 'fast'],
    options: { window: 8, aligned: true, at: 'blocks.0.attn_out' },
  });
  expect(parsePlugin('C:\\plugins\\mine.js:2')).toMatchObject({ name: 'C:\\plugins\\mine.js', values: [2] });
  expect(parsePlugin('a:url=x=y').options).toEqual({ url: 'x=y' });
});

test.each([
  [':1', 'no name'],
  ['a:', 'an empty argument'],
  ['a:1,,2', 'an empty argument'],
  ['a:k=1,k=2', 'k twice'],
])('refuses %s', async (text, have) => {
  expect((await rejectionOf(loadPlugins([text], {}, registry))).lines).toMatchObject({
    code: 'plugin-arguments',
    have,
  });
});

test('makes plugins of the registry, in order', async () => {
  const { plugins } = await loadPlugins(['galaxy-cache:0.3,window=8', 'galaxy-cache'], {}, registry);
  expect(plugins.map(({ name }) => name)).toEqual(['galaxy-cache', 'galaxy-cache']);
  expect(asked).toEqual([
    { values: [0.3], options: { window: 8 } },
    { values: [], options: {} },
  ]);
});

test.each(['galaxy-cash', 'toString'])('names the nearest plugin for %s', async (name) => {
  const error = await rejectionOf(loadPlugins([name], {}, registry));
  expect(error.lines).toMatchObject({
    what: `--plugin: there is no plugin ${name}`,
    need: 'galaxy-cache',
    do: 'did you mean galaxy-cache?',
  });
});

test('loads a plugin of its own by the path of its module', async () => {
  const path = join(folder, 'every-nth.mjs');
  await writeFile(path, EVERY_NTH);
  expect(await loadPlugins([`${path}:3`])).toMatchObject({ plugins: [{ name: 'every-nth', contract: 1 }] });
});

test('says why a module gives no plugin', async () => {
  const path = join(folder, 'mine.mjs');
  expect((await rejectionOf(loadPlugins([path]))).lines.have).toContain('Cannot find module');
  await writeFile(path, 'export const pluggin = 1;');
  const error = await rejectionOf(loadPlugins([path]));
  expect(error.lines).toMatchObject({ code: 'unknown-plugin', have: 'exports: pluggin' });
});

test('the plugins the command knows by name are made from their arguments', async () => {
  const texts = ['cfg-align:leader=cond', 'guidance-interval:0.9..0.2', 'cached-guidance:5,form=prediction'];
  const { plugins } = await loadPlugins(texts);
  expect(plugins.map(({ name }) => name)).toEqual(['cfg-align', 'guidance-interval', 'cached-guidance']);
});

test('options that were left out are those of the presets, and it says so', async () => {
  const tap = { value: 'mlp_out', source: 'arXiv:2512.03451v1', measured: 'ρ 0.82, 36 steps' };
  const presets = { 'galaxy-cache': { tap, threshold: { source: 'not published' } } };
  asked.length = 0;
  const { notes } = await loadPlugins(['galaxy-cache:0.3', 'galaxy-cache:tap=attn_out'], presets, registry);
  expect(asked).toEqual([
    { values: [0.3], options: { tap: 'mlp_out' } },
    { values: [], options: { tap: 'attn_out' } },
  ]);
  expect(notes).toEqual(['galaxy-cache: tap mlp_out (arXiv:2512.03451v1; ρ 0.82, 36 steps)']);
});
