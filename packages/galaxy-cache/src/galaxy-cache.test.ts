import { cfg, eulerAncestral, type Ledger, type Plugin, type Streams } from '@skipstone/core';
import {
  groupedReuse,
  leaderDecides,
  planOn,
  runOn,
  type SubjectRun,
  sameBytes,
  toySubject,
} from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { galaxyCache } from './galaxy-cache.js';
import type { GalaxyCacheOptions } from './options.js';

const subject = await toySubject(1);
/** The toy's text comes in at the end of block 0, so what block 1 holds differs from branch to branch. */
const TAP = 'blocks.1.attn_out';
const cache = (options: Partial<GalaxyCacheOptions> = {}): Plugin =>
  galaxyCache({ tap: TAP, threshold: 3, ...options });
const run = (plugins: readonly Plugin[], more: SubjectRun = {}) =>
  runOn(subject, { steps: 12, plugins, ...more });

const rowsOf = ({ decisions }: Ledger, branch: string) =>
  decisions.filter((row) => row.plugin === 'galaxy-cache' && row.branch === branch);
const flags = (ledger: Ledger, branch = 'cond'): string =>
  rowsOf(ledger, branch)
    .map(({ value }) => (value ? 'r' : 'c'))
    .join('');
/** Spans of a pass that are not of the run or the step, by the station they end at. */
const spansAt = ({ passes }: Ledger, step: number) =>
  passes
    .filter((pass) => pass.step === step)
    .map(({ branch, spans }) => [
      branch,
      ...spans.map((span) => span.slice(span.indexOf('/') + 1)).filter((span) => !/^(run|step)\./.test(span)),
    ]);

describe('a reuse step', () => {
  // Branches that fork have cuts of their own.
  const two = { guidance: cfg({ scale: 4 }) };

  test('runs the first block up to the tap on the leader, and the heads; nothing else', async () => {
    const { ledger } = await run([leaderDecides(), cache()], two);
    const step = flags(ledger).indexOf('r');
    expect(spansAt(ledger, step)).toEqual([
      ['cond', TAP, 'end'],
      ['uncond', 'end'],
    ]);
  });

  test('in output space runs no head either', async () => {
    const { ledger } = await run([leaderDecides(), cache({ space: 'output' })], two);
    const step = flags(ledger).indexOf('r');
    expect(spansAt(ledger, step)).toEqual([['cond', TAP], ['uncond']]);
  });

  test('is followed by a computed step that runs nothing twice', async () => {
    const { ledger } = await run([leaderDecides(), cache({ maxConsecutive: 1 })], two);
    const step = flags(ledger).indexOf('rc') + 1;
    expect(spansAt(ledger, step)).toEqual([
      ['cond', TAP, 'trunk', 'end'],
      ['uncond', TAP, 'trunk', 'end'],
    ]);
  });
});

describe('who decides', () => {
  test('alone, every branch by its own sum', async () => {
    const { ledger } = await run([cache()]);
    const sums = ['cond', 'uncond'].map((branch) => rowsOf(ledger, branch).map(({ signal }) => signal));
    expect(ledger.decisions.every((row) => row.follows === undefined)).toBe(true);
    expect(sums[0]).not.toEqual(sums[1]);
  });

  test('aligned, the leader, and its followers have no sum', async () => {
    const { ledger } = await run([leaderDecides(), cache()]);
    expect(flags(ledger, 'isolated')).toBe(flags(ledger));
    expect(rowsOf(ledger, 'uncond').every((row) => row.follows === 'cond' && row.signal === undefined)).toBe(
      true,
    );
  });

  test('every decision says by what: sum, threshold and reason', async () => {
    const { ledger } = await run([cache()]);
    const [first, ...rest] = rowsOf(ledger, 'cond');
    expect(first).toMatchObject({ signal: 0, threshold: 3, reason: 'warm-up', value: false });
    expect(rest.map(({ reason }) => reason)).toContain('below threshold');
    for (const { value, reason } of rest) expect(value).toBe(reason === 'below threshold');
  });

  test('another stream gives another sum', async () => {
    const sums = ['video', 'audio'].map(async (stream) => {
      const { ledger } = await run([cache({ stream, threshold: 0 })]);
      return rowsOf(ledger, 'cond').map(({ signal }) => signal);
    });
    const [video, audio] = await Promise.all(sums);
    expect(video).not.toEqual(audio);
  });
});

describe('a target', () => {
  test('moves the threshold, says so in the ledger, and is met', async () => {
    const { ledger } = await run([leaderDecides(), cache({ target: { speedup: 2 } })], { steps: 20 });
    const thresholds = rowsOf(ledger, 'cond').map(({ threshold }) => threshold);
    expect(thresholds[0]).toBe(3);
    expect(new Set(thresholds).size).toBeGreaterThan(5);
    expect(Math.abs(flags(ledger).replaceAll('r', '').length - 10)).toBeLessThanOrEqual(1);
  });

  test('is counted over both phases', async () => {
    const phases = await toySubject(2);
    const plugins = [leaderDecides(), galaxyCache({ tap: TAP, target: { speedup: 2 } })];
    const { ledger } = await runOn(phases, { steps: 20, plugins });
    expect(Math.abs(flags(ledger).replaceAll('r', '').length - 10)).toBeLessThanOrEqual(1);
  });

  test('that leaves no room beside the warm-up is refused by the plan', () => {
    expect(() => planOn(subject, { steps: 10, plugins: [cache({ target: { speedup: 6 } })] })).toThrow(
      /a speed-up of 6 cannot be met\n {2}have {3}2 of 10 steps are always computed\n {2}need {3}at most 1/,
    );
  });
});

/** Reads what passes by in a trunk hook: what comes in and what goes back out. */
function tapped(name: string, into: Map<number, { in: number[]; out: number[] }>): Plugin {
  return {
    name,
    contract: 1,
    setup: ({ readBack }) => {
      const read = async (streams: Streams): Promise<number[]> => {
        const { video } = streams;
        return video ? [...(await readBack(video))] : [];
      };
      return {
        trunk: async (call, next) => {
          const out = await next(call);
          if (call.branch === 'cond') {
            into.set(call.step, { in: await read(call.hidden), out: await read(out) });
          }
          return out;
        },
      };
    },
  };
}

describe('prediction', () => {
  const addedAt = async (predictor: 'residual' | 'extrapolated') => {
    const seen = new Map<number, { in: number[]; out: number[] }>();
    const options = { threshold: 1e9, warmup: { steps: 4 }, predictor } as const;
    await run([tapped('outer', seen), leaderDecides(), cache(options)], { steps: 8 });
    return (step: number): number[] => {
      const { in: before = [], out = [] } = seen.get(step) ?? {};
      return out.map((value, i) => value - (before[i] ?? 0));
    };
  };

  test('adds the last residual', async () => {
    const added = await addedAt('residual');
    for (const [i, value] of added(6).entries()) expect(value).toBeCloseTo(added(3)[i] ?? 0, 5);
  });

  test('extrapolated, goes on along the line through the last two', async () => {
    const added = await addedAt('extrapolated');
    const line = added(3).map((value, i) => value + 3 * (value - (added(2)[i] ?? 0)));
    for (const [i, value] of added(6).entries()) expect(value).toBeCloseTo(line[i] ?? 0, 4);
    expect(added(6)).not.toEqual(added(5));
  });

  test('extrapolated in output space, the line goes through the last two computed predictions', async () => {
    const given = new Map<number, readonly number[]>();
    const outer: Plugin = {
      name: 'outer',
      contract: 1,
      setup: ({ readBack }) => ({
        forward: async (call, next) => {
          const out = await next(call);
          if (call.branch === 'cond' && out.video) given.set(call.step, [...(await readBack(out.video))]);
          return out;
        },
      }),
    };
    const options = { space: 'output', predictor: 'extrapolated', maxConsecutive: 3 } as const;
    await run([outer, leaderDecides(), cache({ ...options, threshold: 1e9, warmup: { steps: 4 } })]);
    // Steps 0 to 3 and 7 are computed, all others up to 10 are not.
    const of = (step: number): readonly number[] => given.get(step) ?? [];
    for (const [i, value] of of(6).entries()) {
      const [last, before] = [of(3)[i] ?? 0, of(2)[i] ?? 0];
      expect(value).toBeCloseTo(last + 3 * (last - before), 4);
    }
    for (const [i, value] of of(9).entries()) {
      const [last, before] = [of(7)[i] ?? 0, of(3)[i] ?? 0];
      expect(value).toBeCloseTo(last + (2 / 4) * (last - before), 4);
    }
  });

  test('extrapolated, every row goes along its own line where some rows are computed', async () => {
    const groups = { video: Int32Array.from({ length: 12 }, (_, i) => i % 2), audio: Int32Array.of(0, 1, 1) };
    const options = { tap: TAP, reuse: [], groups, strides: [1, 2], early: 4, late: 1 };
    const pair = [groupedReuse(options), cache({ predictor: 'extrapolated' })];
    const { ledger, latents } = await run(pair);
    const reused = ledger.decisions.filter(
      ({ plugin, value }) => plugin === 'galaxy-cache' && value === true,
    );
    expect(reused.length).toBeGreaterThan(0);
    expect([...(latents.video?.data ?? [])].every((value) => Number.isFinite(Number(value)))).toBe(true);
  });

  test('stored in fewer bits, comes near', async () => {
    const results = ['float32', 'bfloat16', 'int8'] as const;
    const runs = results.map((residual) => run([cache({ storage: { residual } })]));
    const numbers = (await Promise.all(runs)).map(({ latents }) =>
      Array.from(latents.video?.data ?? [], Number),
    );
    const [exact = [], half = [], byte = []] = numbers;
    const worst = (other: readonly number[]): number =>
      Math.max(...exact.map((value, i) => Math.abs(value - (other[i] ?? Number.NaN))));
    expect(worst(half)).toBeGreaterThan(0);
    expect(worst(half)).toBeLessThan(0.05);
    expect(worst(byte)).toBeLessThan(0.05);
  });
});

test('the time left is told by the share of steps reused so far', async () => {
  const plugin = cache();
  const shares: number[] = [];
  const watching: Plugin = {
    ...plugin,
    setup: (call) => {
      const hooks = plugin.setup(call);
      shares.push(hooks.expectedShare?.(0) ?? 0, hooks.expectedShare?.(5) ?? 0);
      return {
        ...hooks,
        advance: async (at, next) => {
          const out = await next(at);
          shares.push(hooks.expectedShare?.(11) ?? 0);
          return out;
        },
      };
    },
  };
  const { ledger } = await run([watching]);
  expect(shares.slice(0, 2)).toEqual([1, 1]);
  const rows = ledger.decisions.filter((row) => row.step >= 3);
  const reused = rows.filter(({ value }) => value === true).length / rows.length;
  expect(shares.at(-1)).toBeCloseTo(1 - reused * (1 - 1 / 4));
});

test('keeps no predictions under a sampler that adds noise; what blocks added it may', () => {
  const sampler = eulerAncestral({ seed: 1 });
  const planned = (options: Partial<GalaxyCacheOptions>) => () =>
    planOn(subject, { steps: 12, sampler, plugins: [cache(options)] });
  expect(planned({ space: 'output' })).toThrow(/noise added since[\s\S]*euler-ancestral/);
  expect(planned({})).not.toThrow();
});

describe('memory', () => {
  const variants: readonly Partial<GalaxyCacheOptions>[] = [
    {},
    { space: 'output' },
    { predictor: 'extrapolated' },
    { storage: { residual: 'bfloat16', proxy: 'int8' } },
  ];

  test.each(variants)('%j: held bytes grow by what the plan prints', async (options) => {
    for (const align of [[], [leaderDecides()]]) {
      const plugins = [...align, cache({ threshold: 1e9, ...options })];
      const planned = planOn(subject, { steps: 12, plugins })
        .memory.filter(({ what }) => what.startsWith('galaxy-cache: '))
        .reduce((sum, { bytes }) => sum + bytes, 0);
      const [with_, without] = [await run(plugins), await run(align)];
      expect(with_.heldBytes - without.heldBytes).toBe(planned);
    }
  });
});

test('a replayed ledger may answer otherwise, and the sum follows what was done', async () => {
  const { ledger } = await run([leaderDecides(), cache()]);
  const first = flags(ledger).indexOf('r');
  const edited: Ledger = {
    ...ledger,
    decisions: ledger.decisions.map((row) => (row.step === first ? { ...row, value: false } : row)),
  };
  const again = await runOn(subject, { steps: 12, plugins: [leaderDecides(), cache()] }, { replay: edited });
  const [was, next] = rowsOf(again.ledger, 'cond').slice(first, first + 2);
  expect([was?.value, was?.reason]).toEqual([false, 'below threshold']);
  expect(next?.signal).toBeLessThan((was?.signal ?? 0) + (next?.signal ?? 0));
  expect(sameBytes(again.latents, (await run([leaderDecides(), cache()])).latents)).toBe(false);
});

test.each([
  [
    'an unknown stream',
    { stream: 'depth' },
    /no such stream\n {2}have {3}stream depth\n {2}need {3}video, audio/,
  ],
  [
    'an unknown tap',
    { tap: 'attn_ot' },
    /no station blocks\.0\.attn_ot[\s\S]*did you mean blocks\.0\.attn_out/,
  ],
])('%s is refused by the plan', (_, options, message) => {
  expect(() => planOn(subject, { plugins: [cache(options)] })).toThrow(message);
});
