import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';

const run = promisify(execFile);
const SELF_TEST = new URL('../../dist/session/self-test.js', import.meta.url).href;
const BODY = `
  const { selfTest } = await import('${SELF_TEST}');
  const { errors } = await selfTest('cpu', 'float32');
  console.log(process.env.ORT_DISABLE_TELEMETRY, Object.keys(errors).length > 0);
`;
const WORKER = `
  import { Worker } from 'node:worker_threads';
  SETUP
  const body = ${JSON.stringify(`(async () => {${BODY}})().catch((error) => console.log(error.message))`)};
  new Worker(body, { eval: true });
`;

let home = '';
beforeEach(async () => {
  home = await temporaryFolder('home');
  await mkdir(join(home, 'tmp'));
});

/** Node in a fresh home, with nothing in its environment that says it is a build machine. */
async function fresh(code: string, env: NodeJS.ProcessEnv = {}, ...args: readonly string[]) {
  const bare = { PATH: process.env.PATH, HOME: home, TMPDIR: join(home, 'tmp'), ...env };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code, ...args], { env: bare });
  return stdout.trim().split(' ');
}

it('the runtime leaves nothing in the home and in the temporary folder, and lives with 40 KB of arguments', async () => {
  const [value, tested] = await fresh(BODY, {}, 'word '.repeat(8192));
  expect([value, tested]).toEqual(['1', 'true']);
  expect(await readdir(home, { recursive: true })).toEqual(['tmp']);
});

it.each(['0', '1'])('keeps the %s that the user has set', async (value) => {
  expect((await fresh(BODY, { ORT_DISABLE_TELEMETRY: value, CI: '1' }))[0]).toBe(value);
});

it('refuses a thread that cannot turn it off, and serves one whose main thread did', async () => {
  const refused = await fresh(WORKER.replace('SETUP', ''));
  expect(refused.join(' ')).toMatch(/^the runtime's telemetry cannot be turned off from this thread\n/);
  expect(await readdir(home)).toEqual(['tmp']);
  const served = await fresh(WORKER.replace('SETUP', "process.env.ORT_DISABLE_TELEMETRY = '1';"));
  expect(served).toEqual(['1', 'true']);
  expect(await readdir(home, { recursive: true })).toEqual(['tmp']);
});
