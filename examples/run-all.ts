import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** Runs every example of this folder, one after the other; stops at the first that fails. */
const folder = new URL('./', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'run-all.ts');

for (const file of files.sort()) {
  console.log(`\n--- ${file}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`examples/${file} ended with status ${status}`);
}
console.log(`\n${files.length} examples ran`);
