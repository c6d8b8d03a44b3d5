import { execFile } from 'node:child_process';
import { cpSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@skipstone/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { tryDevice } from './doctor/try-device.js';
import { BIN, PROMPT, skipstone } from './test-kit/skipstone.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const STUB = fileURLToPath(new URL('../bin/skipstone.cjs', import.meta.url));

const node = (...args: readonly string[]) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile(process.execPath, args, (_, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });

/** A file that makes Node say another version of itself. */
async function saying(version: string): Promise<string> {
  const file = join(await temporaryFolder('old'), 'old.cjs');
  const versions = `{ value: { ...process.versions, node: '${version}' } }`;
  writeFileSync(file, `Object.defineProperty(process, 'versions', ${versions});`);
  return file;
}

describe('the command', () => {
  it('is linked in a clone, by a file that is there before anything is built', () => {
    expect(realpathSync(join(root, 'node_modules/.bin/skipstone'))).toBe(realpathSync(STUB));
  });

  it('runs what is built', async () => {
    const { code, stdout } = await node(STUB, '--version');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it('says in a line what to run where nothing is built', async () => {
    const folder = await temporaryFolder('unbuilt');
    cpSync(join(STUB, '..'), join(folder, 'bin'), { recursive: true });
    expect(await node(join(folder, 'bin/skipstone.cjs'), '--version')).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: 'skipstone is not built yet: run `npm run build` in the root of the repository\n',
    });
  });

  it.each(['18.20.8', '6.17.1'])(
    'says in a line that Node %s is too old, before anything else',
    async (version) => {
      const old = await saying(version);
      for (const file of [STUB, BIN]) {
        const { code, stderr } = await node('--require', old, file, 'generate', PROMPT);
        expect([code, stderr]).toEqual([
          1,
          `skipstone needs Node 20 or newer, and this is Node ${version}: https://nodejs.org\n`,
        ]);
      }
    },
  );

  it('is written so that old Nodes can read its first lines', () => {
    for (const name of ['skipstone.cjs', 'node-20.cjs']) {
      const text = readFileSync(join(STUB, '..', name), 'utf8');
      expect(text.replace(/\/\/.*/g, '').replace(/'[^']*'/g, '')).not.toMatch(
        /\b(const|let|async|await)\b|=>|`|\?\./,
      );
    }
  });
});

describe('a device', () => {
  const { NODE_OPTIONS } = process.env;
  afterEach(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });

  it('whose driver ends the process is reported, and ends nothing else', async () => {
    const file = join(await temporaryFolder('crash'), 'crash.cjs');
    writeFileSync(file, "process.stderr.write('driver: oh'); process.kill(process.pid, 'SIGSEGV');");
    process.env.NODE_OPTIONS = `--require ${file}`;
    expect(await tryDevice('cpu')).toEqual({
      ...{ precisions: [], said: 'driver: oh' },
      notes: ['it ended with SIGSEGV'],
    });
  });

  it('without a GPU is refused in four lines; what the runtime said is for those who debug', async (context) => {
    if ((await tryDevice('webgpu')).precisions.length > 0) return context.skip('there is a GPU');
    const folder = await temporaryFolder('webgpu');
    const typed = ['generate', PROMPT, '--steps', '1', '--device', 'webgpu', '--out', 'x.gif', '--quiet'];
    const { code, stderr } = await skipstone(folder, ...typed);
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      '--device webgpu: the runtime cannot use a GPU here',
      '  have   fp32: no device that its WebGPU provider can use',
    ]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(4);
  }, 120_000);
});

it('doctor says what is here, for people and for programs', async () => {
  const folder = await temporaryFolder('doctor');
  const { code, stdout } = await skipstone(folder, 'doctor', '--json');
  const facts = JSON.parse(stdout);
  expect([code, facts.node, facts.devices.cpu.precisions]).toEqual([
    ...[0, process.versions.node],
    ['fp32', 'fp16', 'int8', 'int4'],
  ]);
  expect(facts.memory.totalBytes).toBeGreaterThanOrEqual(facts.memory.freeBytes);
  expect(facts.runtime).toMatch(/^onnxruntime-node \d/);
  const { stdout: text } = await skipstone(folder, 'doctor');
  expect(text).toMatch(/^cpu {11}works: fp32, fp16, int8, int4/m);
  expect(text).toMatch(/^webgpu {8}(works|does not work)/m);
}, 240_000);
