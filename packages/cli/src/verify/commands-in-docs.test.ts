import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

const pages = ['docs', 'packages'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?!.*node_modules).*\.md$/.test(path))
    .map((path) => join(folder, path)),
);

/** What pages tell to verify, from the root of the repository. */
const commands = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const found = text.matchAll(/`skipstone\s+verify\s+(packages\/[^`<]*)`/g);
  return [...found].map(([, paths = '']) => ({ page, paths }));
});

it('several pages tell to verify', () => expect(commands.length).toBeGreaterThan(5));

it.each(commands)('$page: every path of `skipstone verify $paths` is a golden folder', ({ paths }) => {
  // The shell's own reading of `*`, of a path with letters, `*`, `/` and the like only.
  expect(paths).toMatch(/^[\w\s*./-]+$/);
  const expanded = execFileSync('sh', ['-c', `printf '%s\\n' ${paths.replace(/\s+/g, ' ')}`], {
    ...{ cwd: root, encoding: 'utf8' },
  });
  for (const path of expanded.trim().split('\n')) {
    expect(readdirSync(join(root, path)), path).toContain('case.json');
  }
});
