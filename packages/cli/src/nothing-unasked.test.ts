import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@skipstone/core/testing';
import { expect, it } from 'vitest';
import { PROMPT, start } from './test-kit/skipstone.js';

const GOLDEN = fileURLToPath(new URL('../../models-wan/test-data/run-wan21-euler', import.meta.url));
/** Long names of one folder, 40 KB together. */
const FOLDERS = Array.from({ length: 11 }, () => `${GOLDEN}${'/.'.repeat(1850)}`);

it.each<[string, readonly string[], readonly string[]]>([
  ['generate', ['generate', PROMPT, '--steps', '1', '--quiet', '--out', 'a.png'], ['a.png', 'tmp']],
  ['verify with 40 KB of arguments', ['verify', ...FOLDERS], ['tmp']],
])(
  '%s writes what was asked for, and nothing else in the home and in the temporary folder',
  async (_, args, files) => {
    const home = await temporaryFolder('home');
    await mkdir(join(home, 'tmp'));
    // A machine of nobody's: the runtime behaves itself where it sees a build machine.
    const none = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
    const bare = { ...none, PATH: process.env.PATH, HOME: home, TMPDIR: join(home, 'tmp') };
    const { code, signal } = await start(home, args, bare).ended;
    expect([code, signal]).toEqual([0, null]);
    expect((await readdir(home, { recursive: true })).sort()).toEqual(files);
  },
  120_000,
);
