import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTrace } from '@skipstone/galaxy-cache/calibration';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROMPT, type Started, skipstone, start } from '../test-kit/skipstone.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-trace-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const SMALL = ['--steps', '3', '--frames', '1', '--quiet'];
const traced = (...args: readonly string[]) => skipstone(folder, 'trace', ...SMALL, ...args);
const read = (name: string) => readFile(join(folder, name), 'utf8');

/** Resolves when a file has this many whole lines, or when the process ended before. */
async function hasLines(name: string, count: number, { ended }: Started): Promise<void> {
  let over = false;
  ended.then(() => {
    over = true;
  });
  const lines = async (): Promise<number> => (await read(name).catch(() => '')).split('\n').length - 1;
  while (!over && (await lines()) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('skipstone trace', { timeout: 240_000 }, () => {
  test('writes a header and a line for each prompt and seed', async () => {
    const { code, stdout, stderr } = await traced('--examples', '2', '--seeds', '0,7', '--out', 'in/t.jsonl');
    expect([code, stdout, stderr]).toEqual([0, 'in/t.jsonl\n', '']);
    const { header, runs } = parseTrace(await read('in/t.jsonl'));
    expect(header.taps).toEqual([
      'block_in',
      'attn_in',
      'attn_out',
      'attn_gated',
      'cross_attn_in',
      'cross_attn_out',
      'mlp_in',
      'mlp_out',
      'mlp_gated',
      'block_out',
    ]);
    expect(header.settings).toMatchObject({
      model: 'demo',
      sampler: 'euler',
      shift: 3,
      steps: 3,
      guidance: [4],
    });
    expect(runs.map(({ prompt, seed }) => [prompt, seed])).toEqual([
      [0, 0],
      [0, 7],
      [1, 0],
      [1, 7],
    ]);
    for (const { branches, guided } of runs) {
      expect(Object.keys(branches)).toEqual(['cond', 'uncond']);
      expect(Object.keys(branches.cond?.change ?? {})).toEqual([...header.taps, 'oracle', 'velocity']);
      expect(guided.change.velocity).toEqual([null, expect.any(Number), expect.any(Number)]);
    }
  });

  test('goes on after it was killed: the same lines as an uninterrupted trace', async () => {
    const args = ['--examples', '4', '--out'];
    expect((await traced(...args, 'whole.jsonl')).code).toBe(0);
    const killed = start(folder, ['trace', ...SMALL, ...args, 'part.jsonl']);
    await hasLines('part.jsonl', 3, killed);
    killed.process.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    const part = await read('part.jsonl');
    const kept = part.slice(0, part.lastIndexOf('\n') + 1);
    const whole = await read('whole.jsonl');
    expect(kept.length).toBeLessThan(whole.length);
    expect(whole.startsWith(kept)).toBe(true);
    // What a kill in the middle of a write leaves.
    await writeFile(join(folder, 'part.jsonl'), `${kept}${whole.slice(kept.length, kept.length + 99)}`);
    expect((await traced(...args, 'part.jsonl')).code).toBe(0);
    expect(await read('part.jsonl')).toBe(whole);
    const { mtimeMs } = await stat(join(folder, 'part.jsonl'));
    expect((await traced(...args, 'part.jsonl')).code).toBe(0);
    expect((await stat(join(folder, 'part.jsonl'))).mtimeMs).toBe(mtimeMs);
  });

  test('refuses a file of other settings, and says which; the file stays as it is', async () => {
    expect((await traced('--examples', '1', '--out', 't.jsonl')).code).toBe(0);
    const before = await read('t.jsonl');
    const other = await traced('--examples', '1', '--shift', '2', '--guidance', '3', '--out', 't.jsonl');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('shift 3');
    expect(other.stderr).toContain('shift 2, guidance [3]');
    expect(await read('t.jsonl')).toBe(before);
    expect((await traced('--examples', '1', '--shift', '2', '--renew', '--out', 't.jsonl')).code).toBe(0);
    expect(parseTrace(await read('t.jsonl'))).toMatchObject({
      header: { settings: { shift: 2 } },
      runs: [{}],
    });
  });

  test.each(['some notes of mine', 'some notes of mine\n'])(
    'leaves alone what is no trace: %j',
    async (text) => {
      await writeFile(join(folder, 'notes.txt'), text);
      const { code, stderr } = await traced('--examples', '1', '--out', 'notes.txt');
      expect([code, stderr]).toEqual([2, expect.stringContaining('notes.txt, line 1')]);
      expect(await read('notes.txt')).toBe(text);
    },
  );

  test('reads prompts from a file', async () => {
    await writeFile(join(folder, 'p.txt'), `\n${PROMPT}\r\n`);
    expect((await traced('--prompts', 'p.txt', '--out', 't.jsonl')).code).toBe(0);
    expect(parseTrace(await read('t.jsonl')).header.prompts).toEqual([PROMPT]);
  });

  test.each([
    [['--out', 't.jsonl'], 'there are no prompts'],
    [['--examples', '1'], '--out is missing'],
    [['--examples', '1', '--prompts', 'x', '--out', 't.jsonl'], 'prompts come from one place'],
    [['--examples', '1', '--seeds', '3-1', '--out', 't.jsonl'], '--seeds'],
    [['--examples', '1', '--seeds', '1,1', '--out', 't.jsonl'], '--seeds'],
    [['--examples', '1', '--wat', '--out', 't.jsonl'], 'there is no option --wat'],
  ])('refuses %j', async (args, found) => {
    const { code, stderr } = await traced(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(found);
  });
});
