import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { PLUGINS } from './plugins/registry.js';
import { lines, PROMPT, skipstone } from './test-kit/skipstone.js';

const run = (...args: readonly string[]) => skipstone(tmpdir(), ...args);

describe('help', { timeout: 60_000 }, () => {
  test.each([['--help'], ['-h'], ['help']])(
    '%s prints commands, examples and exit codes',
    async (...args) => {
      const { code, stdout, stderr } = await run(...args);
      expect([code, stderr]).toEqual([0, '']);
      for (const text of ['generate', 'plan', 'verify', 'bench', 'Examples:', '130  aborted']) {
        expect(stdout).toContain(text);
      }
    },
  );

  test.each([
    ['generate', '--help'],
    ['help', 'generate'],
    ['plan', '--help'],
    ['help', 'verify'],
  ])('%s %s prints options and examples of the command', async (...args) => {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Usage: skipstone (generate|plan|verify)/);
    expect(stdout).toContain('$ skipstone');
  });

  test('prints the version', async () => {
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('without a command prints the help as an error', async () => {
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: skipstone COMMAND');
  });
});

describe('what was typed wrongly', { timeout: 60_000 }, () => {
  const KNOWN = 'generate, plan, trace, calibrate, verify, check, weights, doctor, bench';
  const cases: readonly (readonly [readonly string[], string])[] = [
    [
      ['generat'],
      lines(
        "skipstone: there is no command 'generat'",
        'generat',
        KNOWN,
        "did you mean 'skipstone generate'?",
      ),
    ],
    [
      ['a red circle'],
      lines(
        "skipstone: there is no command 'a red circle'",
        'a red circle',
        KNOWN,
        'skipstone generate "a red circle"',
      ),
    ],
    [
      ['--steps', '3'],
      lines(
        'skipstone: there is no option --steps',
        '--steps',
        'an option that skipstone --help lists',
        `name a command first (${KNOWN}), then its options`,
      ),
    ],
    [
      ['generate', PROMPT, '--stepz=3'],
      lines(
        'skipstone generate: there is no option --stepz',
        '--stepz',
        'an option that skipstone generate --help lists',
        'did you mean --steps?',
      ),
    ],
    [
      ['plan', '--helpp'],
      lines(
        'skipstone plan: there is no option --helpp',
        '--helpp',
        'an option that skipstone plan --help lists',
        'did you mean --help?',
      ),
    ],
    [
      ['generate', PROMPT, '--steps'],
      lines(
        'skipstone generate: an option lacks its value',
        '--steps',
        '--steps <n>',
        'see skipstone generate --help',
      ),
    ],
    [
      ['generate', 'a', 'red', 'circle'],
      lines(
        'skipstone generate: there are too many arguments',
        "'a' 'red' 'circle'",
        'one prompt, in quotes',
        'skipstone generate "a red circle"',
      ),
    ],
    [
      ['generate', PROMPT, '--size', '64'],
      lines(
        '--size has a value that does not serve',
        '--size 64',
        'WIDTHxHEIGHT in pixels',
        'for example --size 832x480',
      ),
    ],
    [
      ['generate', PROMPT, '--out', 'clip.webm'],
      lines(
        "write: no file format is known for the ending '.webm'",
        'clip.webm',
        ".mp4, .gif, .png, or a folder (no ending, or a last '/')",
        'name the output clip.mp4',
      ),
    ],
    [
      ['generate', PROMPT, '--plugin', 'galaxy-cash'],
      lines(
        '--plugin: there is no plugin galaxy-cash',
        'galaxy-cash',
        Object.keys(PLUGINS).join(', '),
        'did you mean galaxy-cache?',
      ),
    ],
  ];
  test.each(cases)('%j: what, have, need, do, and 2', async (args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout, stderr]).toEqual([2, '', message]);
  });
});
