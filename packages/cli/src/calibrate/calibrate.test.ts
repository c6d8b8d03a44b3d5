import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ledger, parseLedger } from '@skipstone/core';
import { parsePolicy, parseTrace } from '@skipstone/galaxy-cache/calibration';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROMPT, skipstone } from '../test-kit/skipstone.js';

let folder = '';
const read = (name: string) => readFile(join(folder, name), 'utf8');
const run = (...args: readonly string[]) => skipstone(folder, ...args);

const SIZE = ['--steps', '10', '--frames', '1'];
const ASK = ['--speedups', '1.3,1.8', '--warmups', '0.1,0.2', '--quiet'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-calibrate-'));
  await run('trace', ...SIZE, '--examples', '2', '--out', 't.jsonl', '--quiet');
  const { code, stderr } = await run(
    'calibrate',
    't.jsonl',
    '--examples',
    '1',
    ...ASK,
    '--out',
    'p.json',
    '--page',
    'page/p.md',
  );
  expect([code, stderr]).toEqual([0, '']);
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('skipstone calibrate', { timeout: 240_000 }, () => {
  test('writes a policy with its provenance, chosen and reported on different prompts', async () => {
    const { entries, command } = parsePolicy(JSON.parse(await read('p.json')));
    const { header } = parseTrace(await read('t.jsonl'));
    expect(command).toContain('skipstone calibrate t.jsonl');
    expect(entries).toHaveLength(1);
    const [entry] = entries;
    expect(entry?.settings).toEqual(header.settings);
    expect(entry?.sigmas).toEqual(header.sigmas);
    expect(entry?.choosing.prompts).toEqual(header.prompts);
    expect(entry?.reporting.prompts).toHaveLength(1);
    expect(header.prompts).not.toContain(entry?.reporting.prompts[0]);
    expect(header.taps).toContain(entry?.tap);
    expect(entry?.ranking.map(({ tap }) => tap).toSorted()).toEqual(header.taps.toSorted());
    expect(entry?.cost).toBeGreaterThan(0);
    expect(entry?.cost).toBeLessThan(0.2);
  });

  test('foretells what real runs reuse, and measures them', async () => {
    const [entry] = parsePolicy(JSON.parse(await read('p.json'))).entries;
    expect(entry?.rows.map(({ speedup }) => speedup)).toEqual([1.3, 1.8]);
    expect(entry?.warmups.map(({ warmup }) => warmup)).toEqual([0.1, 0.2]);
    const [slow, fast] = entry?.rows ?? [];
    expect(fast?.threshold).toBeGreaterThan(slow?.threshold ?? 0);
    for (const { predicted, measured } of entry?.rows ?? []) {
      expect(Math.abs(predicted.value - (measured?.reuse.value ?? 9))).toBeLessThanOrEqual(0.1001);
      expect(measured?.speedup.value).toBeGreaterThan(1.1);
      expect(measured?.psnr?.value).toBeGreaterThan(15);
      expect(measured?.ssim?.value).toBeGreaterThan(0.5);
    }
  });

  test('writes tables and pictures', async () => {
    const page = await read('page/p.md');
    expect(page).toContain('| speed-up asked | threshold |');
    for (const [, picture] of page.matchAll(/\]\((\S+\.svg)\)/g)) {
      expect(await read(`page/${picture}`)).toContain('<svg');
    }
  });

  test('without real runs it takes seconds and reports on nothing', async () => {
    expect((await run('calibrate', 't.jsonl', '--no-confirm', ...ASK, '--out', 'dry.json')).code).toBe(0);
    const [dry] = parsePolicy(JSON.parse(await read('dry.json'))).entries;
    const [whole] = parsePolicy(JSON.parse(await read('p.json'))).entries;
    expect(dry?.reporting.prompts).toEqual([]);
    expect(dry?.rows.map(({ threshold }) => threshold)).toEqual(
      whole?.rows.map(({ threshold }) => threshold),
    );
  });

  test('refuses a prompt that would choose and report', async () => {
    await writeFile(join(folder, 'same.txt'), parseTrace(await read('t.jsonl')).header.prompts[1] ?? '');
    const { code, stderr } = await run('calibrate', 't.jsonl', '--prompts', 'same.txt', '--out', 'x.json');
    expect([code, stderr]).toEqual([2, expect.stringContaining('a prompt would choose and report')]);
  });

  test('refuses a trace that is not finished, and one of another model', async () => {
    const whole = await read('t.jsonl');
    await writeFile(join(folder, 'part.jsonl'), whole.slice(0, -50));
    const part = await run('calibrate', 'part.jsonl', '--out', 'x.json');
    expect([part.code, part.stderr]).toEqual([2, expect.stringContaining('1 of 2 runs')]);
    await writeFile(
      join(folder, 'other.jsonl'),
      whole.replace(/"fingerprints":\["\w{8}/, '"fingerprints":["00000000'),
    );
    const other = await run('calibrate', 'other.jsonl', '--out', 'x.json');
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('of another model')]);
    expect(other.stderr).toContain('name the model that it was traced with: --model DIR');
  });

  test.each([
    [['t.jsonl'], '--out is missing'],
    [['t.jsonl', '--out', 'x.json', '--speedups', '2,1.5'], '--speedups'],
    [['t.jsonl', '--out', 'x.json', '--speedups', '1'], '--speedups'],
    [['t.jsonl', '--out', 'x.json', '--warmup', '1'], '--warmup'],
    [[], 'missing'],
  ])('refuses %j', async (args, found) => {
    const { code, stderr } = await run('calibrate', ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(found)]);
  });
});

describe('generate with a policy', { timeout: 240_000 }, () => {
  const generate = (...args: readonly string[]) =>
    run('generate', PROMPT, ...SIZE, '--quiet', '--out', 'v.png', '--ledger', 'l.json', ...args);
  const leader = async (): Promise<Ledger['decisions']> =>
    parseLedger(JSON.parse(await read('l.json'))).decisions.filter(({ follows }) => follows === undefined);

  test('reuses by the threshold of the table, one branch for both', async () => {
    expect((await generate('--policy', 'p.json', '--speedup', '1.8')).code).toBe(0);
    const [entry] = parsePolicy(JSON.parse(await read('p.json'))).entries;
    const decisions = await leader();
    expect(new Set(decisions.map(({ threshold }) => threshold))).toEqual(
      new Set([entry?.rows[1]?.threshold]),
    );
    expect(new Set(decisions.map(({ branch }) => branch))).toEqual(new Set(['cond']));
    expect(decisions.filter(({ value }) => value === true).length).toBeGreaterThan(2);
  });

  test('holds the speed-up by moving the threshold, and the ledger says where to', async () => {
    expect((await generate('--policy', 'p.json', '--speedup', '1.8', '--hold-speedup')).code).toBe(0);
    const decisions = await leader();
    expect(new Set(decisions.map(({ threshold }) => threshold)).size).toBeGreaterThan(2);
  });

  test('a config file says the same', async () => {
    expect((await generate('--policy', 'p.json', '--speedup', '1.3')).code).toBe(0);
    await copyFile(join(folder, 'v.png'), join(folder, 'typed.png'));
    await writeFile(join(folder, 'c.json'), JSON.stringify({ policy: 'p.json', speedup: 1.3 }));
    expect((await generate('--config', 'c.json')).code).toBe(0);
    expect(await read('v.png')).toBe(await read('typed.png'));
  });

  test('is refused on other steps, unless it is resampled, which is said', async () => {
    const args = ['--policy', 'p.json', '--steps', '8'];
    const refused = await generate(...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('use 10 steps, resample it over noise level, or calibrate at 8 steps');
    expect((await generate(...args, '--resample')).code).toBe(0);
    const said = await run('plan', ...SIZE, ...args, '--resample');
    expect(said.stdout).toContain('its threshold is resampled');
  });

  test.each([
    [['--policy', 'p.json', '--speedup', '9'], 2, 'does not reach a speed-up of 9'],
    [['--policy', 'p.json', '--shift', '2'], 2, 'shift 2'],
    [['--policy', 'none.json'], 2, 'cannot be read'],
    [['--policy', 't.jsonl'], 2, 'cannot be read'],
    [['--policy', 'p.json', '--plugin', 'galaxy-cache:0.1,tap=mlp_out'], 2, 'asked for twice'],
    [['--hold-speedup'], 2, 'is about a policy'],
    [['--speedup', '1'], 2, '--speedup'],
  ])('refuses %j', async (args, want, found) => {
    const { code, stderr } = await generate(...args);
    expect([code, stderr]).toEqual([want, expect.stringContaining(found)]);
  });
});
