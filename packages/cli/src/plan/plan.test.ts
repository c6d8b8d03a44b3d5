import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PROMPT, skipstone } from '../test-kit/skipstone.js';

const golden = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const WAN = golden('models-wan/test-data/wan21-t2v');
const COSMOS = golden('models-cosmos/test-data/cosmos2-t2i');

const run = (...args: readonly string[]) => skipstone(tmpdir(), 'plan', ...args);

describe('plan', { timeout: 60_000 }, () => {
  test('shows size, spans, memory, and what the time assumes', async () => {
    const { code, stdout, stderr } = await run();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('size      64x64, 9 frames; latents video [16, 9, 16, 16]');
    expect(stdout).toMatch(/^plain\/end +every pass/m);
    expect(stdout).toContain('biggest moment, file pages aside');
    expect(stdout).toMatch(/time +about .* at 150 GFLOP\/s/);
    expect(stdout).toContain('note: the time assumes the speed it names; say yours with --gflops N');
  });

  test('takes the options of generate, and the speed that was measured', async () => {
    const { stdout } = await run(PROMPT, '--steps', '5', '--gflops', '90', '--out', 'x.gif');
    expect(stdout).toMatch(/^steps +5 /m);
    expect(stdout).toContain('at 90 GFLOP/s');
    expect(stdout).not.toContain('assumes the speed');
  });

  test('cuts where a run of a session would take too long', async () => {
    const { stdout } = await run('--max-run-seconds', '0.005');
    expect(stdout).toMatch(/^plain\/blocks\.3 .*maxRunSeconds/m);
  });

  test('says what it assumes of a text that nobody can encode yet', async () => {
    const { code, stdout } = await run('--model', WAN, '--size', '48x64');
    expect(code).toBe(0);
    expect(stdout).toContain('note: a text of 512 tokens is assumed; --embeds FILE says how long it is');
  });

  test('counts the steps that are taken, and the rows of clocks', async () => {
    const { stdout } = await run('--model', COSMOS, '--size', '48x64', '--steps', '35');
    expect(stdout).toMatch(/^steps +34 of 35 \(karras, euler\)$/m);
    expect(stdout).toMatch(/, steps 0–34, 34 of them taken, /);
    expect(stdout).toMatch(/^clock rows: \w+ 1$/m);
  });

  test('shows the schedule of a plugin before anything runs', async () => {
    const { stdout } = await run('--steps', '40', '--plugin', 'hsa:50');
    expect(stdout).toMatch(/^hsa: tokens .* every step, .* in the first 8 and last 1 of 40 steps$/m);
    expect(stdout).toMatch(/^hsa: active tokens in %, steps 0–39: 100×9 /m);
    expect(stdout).toMatch(/^hsa: 50\.0 % of a full run's rows$/m);
    expect((await run('--sampler', 'unipc', '--plugin', 'hsa:50,rerank=4')).stderr).toContain(
      'which unipc must know',
    );
  });

  test('refuses what generate would refuse', async () => {
    expect((await run('--memory', '8MiB')).code).toBe(2);
    expect((await run('--schedule', 'unipc-flaw')).stderr).toContain("did you mean 'unipc-flow'?");
    expect((await run(PROMPT.replace('circle', 'dog'))).stderr).toContain("'dog' (word 3)");
  });
});
