import { describe, expect, it } from 'vitest';
import type { Given } from '../../spec/given.js';
import { CONTRACT, type Hooks, type Plugin, type Setup } from '../../spec/plugin.js';
import type { HostTensor } from '../../spec/tensor.js';
import { modelLaws } from '../../testing/model-laws.js';
import { planOn, runOn, type Subject } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';
import { TOY_WIDTH } from '../../testing/toy/weights.js';

const ROWS = Int32Array.from([0, 1, 5]);
const CLEAN: HostTensor = {
  type: 'float32',
  shape: [3, TOY_WIDTH],
  data: Float32Array.from({ length: 3 * TOY_WIDTH }, (_, i) => (i - 6) / 4),
};
const toy = await toySubject(1);
const pinned: Subject = { ...toy, given: { pinned: { video: { rows: ROWS, clean: CLEAN } } } };
const plugin = (setup: (run: Setup) => Hooks, rows = false): Plugin => ({
  name: 'looks',
  contract: CONTRACT,
  needs: () => ({ rows }),
  setup,
});

const rowsOf = (host: HostTensor | undefined, rows: Int32Array): number[] =>
  [...rows].flatMap((row) => [
    ...((host?.data ?? []) as Float32Array).slice(row * TOY_WIDTH, (row + 1) * TOY_WIDTH),
  ]);

describe('pinned tokens', () => {
  it('are read clean by every branch, while the state keeps its noise', async () => {
    const read: number[][] = [];
    const state: number[][] = [];
    const looks = plugin(({ readBack, pinned: known }) => {
      const look = async (list: number[][], latents: Parameters<typeof readBack>[0] | undefined) => {
        if (!latents) throw new Error('no video');
        const data = await readBack(latents);
        list.push(rowsOf({ type: 'float32', shape: [], data }, known.video ?? new Int32Array()));
      };
      return {
        evaluate: async (call, next) => {
          await look(state, call.latents.video);
          return next(call);
        },
        forward: async (call, next) => {
          await look(read, call.latents.video);
          return next(call);
        },
      };
    });
    await runOn(pinned, { steps: 2, plugins: [looks] });
    expect(read).toHaveLength(2 * 4);
    for (const values of read) expect(values).toEqual([...CLEAN.data]);
    for (const values of state) expect(values).not.toEqual([...CLEAN.data]);
  });

  it('end at their clean latents, and change what the others become', async () => {
    const [with_, without] = [await runOn(pinned, { steps: 3 }), await runOn(toy, { steps: 3 })];
    const ends = rowsOf(with_.latents.video, ROWS);
    ends.forEach((value, i) => {
      expect(value).toBeCloseTo(Number(CLEAN.data[i]), 5);
    });
    const other = Int32Array.from([7]);
    expect(rowsOf(with_.latents.video, other)).not.toEqual(rowsOf(without.latents.video, other));
    expect(with_.leaked).toBe(0);
  });

  it('lead straight there in an evaluation of some rows too, whichever of them it has', async () => {
    const seen: (readonly [number[], number[]])[] = [];
    const looks = plugin(
      ({ kernels, readBack, rows }) => ({
        evaluate: async (call, next) => {
          const whole = await next(call);
          for (const video of [Int32Array.from([0, 2, 5]), Int32Array.from([2, 3])]) {
            const some = { video, audio: Int32Array.from([rows.audio ? 0 : 0]) };
            const part = await next({ ...call, rows: some });
            const want = kernels.gather(whole, some);
            if (!part.video || !want.video) throw new Error('no video');
            seen.push([[...(await readBack(part.video))], [...(await readBack(want.video))]]);
          }
          return whole;
        },
      }),
      true,
    );
    await runOn(pinned, { steps: 1, plugins: [looks] });
    expect(seen).toHaveLength(2);
    for (const [part, want] of seen) {
      part.forEach((value, i) => {
        expect(value).toBeCloseTo(want[i] ?? 0, 5);
      });
    }
  });

  it.each(modelLaws(pinned))('$name', (law) => law.check());

  it.each<[string, Given, string]>([
    [
      'a stream that takes none',
      { pinned: { audio: { rows: ROWS, clean: CLEAN } } },
      'tokens of audio cannot be pinned',
    ],
    [
      'rows beyond the last',
      { pinned: { video: { rows: Int32Array.from([0, 1, 12]), clean: CLEAN } } },
      'row 12 at 2',
    ],
    [
      'rows out of order',
      { pinned: { video: { rows: Int32Array.from([0, 5, 1]), clean: CLEAN } } },
      'row 1 at 2',
    ],
    [
      'no rows',
      { pinned: { video: { rows: new Int32Array(), clean: { ...CLEAN, shape: [0, TOY_WIDTH] } } } },
      'at least one',
    ],
    ['latents of fewer rows', { pinned: { video: { rows: ROWS.slice(1), clean: CLEAN } } }, 'float32 [2, '],
    ['a table that the model does not declare', { tables: { mask: CLEAN } }, 'the table mask does not fit'],
  ])('%s: refused in the plan', (_, given, message) => {
    expect(() => planOn({ ...toy, given })).toThrow(message);
  });
});

it('a step between equal noise levels is not taken, by sampler, plugins or model', async () => {
  const schedule = { name: 'ends twice', sigmas: [1, 0.5, 0.5], timesteps: [1000, 500] };
  const once = { name: 'ends once', sigmas: [1, 0.5], timesteps: [1000] };
  const calls: number[] = [];
  const counts = plugin(() => ({
    advance: (call, next) => {
      calls.push(call.step);
      return next(call);
    },
  }));
  const [twice, single] = [
    await runOn(toy, { steps: 2, schedule, plugins: [counts] }),
    await runOn(toy, { steps: 1, schedule: once }),
  ];
  expect(calls).toEqual([0]);
  expect(twice.ledger.steps).toBe(2);
  expect(twice.ledger.passes).toEqual(single.ledger.passes);
  expect(twice.latents).toEqual(single.latents);
  expect(twice.leaked).toBe(0);
});
