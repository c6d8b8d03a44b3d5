import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder } from '@skipstone/core/testing';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** Blocks of JavaScript in the READMEs of all packages. */
const blocks = readdirSync(join(root, 'packages')).flatMap((name) => {
  const text = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => ({ name, code }));
});

it('every package but the command and what it runs shows lines', () => {
  const packages = readdirSync(join(root, 'packages')).filter((name) => name !== 'cli' && name !== 'bench');
  expect(blocks.map(({ name }) => name)).toEqual(packages);
});

it.concurrent.each(blocks)(
  'the lines of $name run, in fewer steps',
  async ({ name, code }) => {
    const cwd = await temporaryFolder(name);
    for (const link of ['node_modules', 'packages']) symlinkSync(join(root, link), join(cwd, link));
    if (code.includes('generate')) expect(code).toContain('steps: ');
    await writeFile(join(cwd, 'lines.mjs'), code.replace(/steps: \d+/, 'steps: 8'));
    const { stdout } = await run(process.execPath, ['lines.mjs'], { cwd });
    if (code.includes('console.log')) expect(stdout).not.toBe('');
  },
  180_000,
);
