import { describe, expect, it } from 'vitest';
import { only } from '../../guidance/only.js';
import type { Plugin, SomeRows } from '../../spec/plugin.js';
import type { HostTensor, Rows, Streams } from '../../spec/tensor.js';
import { wanLikeSubject } from '../../testing/small/wan-like.js';
import { errorOf, planOn, runOn, type Subject, type SubjectRun } from '../../testing/subject.js';
import { toyReference } from '../../testing/toy/reference.js';
import { toySubject } from '../../testing/toy/subject.js';
import { toyWeights } from '../../testing/toy/weights.js';

const [wan, toy] = [await wanLikeSubject(3), await toySubject(1)];
const SOME = [0, 3, 4, 9];
const some: Rows = { video: Int32Array.from(SOME), audio: Int32Array.of(1) };

/** Moves some rows only, from a step on. */
const moves = (rows: SomeRows, set: Rows, from = 0): Plugin => ({
  name: 'moves',
  contract: 1,
  needs: () => ({ rows }),
  setup: ({ rows: streams }) => ({
    advance: (call, next) => {
      const own = Object.fromEntries(Object.keys(streams).map((s) => [s, set[s] ?? 'all']));
      return next(call.step < from ? call : { ...call, rows: own });
    },
  }),
});

const rowsOf = ({ data, shape: [, width = 1] }: HostTensor, rows: readonly number[]): HostTensor => ({
  type: 'float32',
  shape: [rows.length, width],
  data: Float32Array.from(rows.flatMap((row) => [...data.slice(row * width, (row + 1) * width)].map(Number))),
});
const present = (of: HostTensor | undefined): HostTensor => {
  if (!of) throw new TypeError('a stream is missing');
  return of;
};

describe.each([
  ['toy', toy],
  ['wan-like', wan],
] as const)('%s: computed rows that attend to each other only', (_, subject) => {
  const every: Rows = { video: Int32Array.from({ length: 12 }, (_, i) => i), audio: Int32Array.of(0, 1, 2) };

  it('are the plain run where they are all rows', async () => {
    const run = await runOn(subject, { plugins: [moves('alone', every)] });
    expect(errorOf(run.latents, (await runOn(subject)).latents)).toBeLessThan(1e-6);
  });

  it('keep nothing from step to step, so that any of them may be computed from the first step on', async () => {
    const { caches, plain } = {
      caches: await runOn(subject, { plugins: [moves('alone', some)] }),
      plain: await runOn(subject),
    };
    expect(caches.heldBytes).toBeLessThanOrEqual(plain.heldBytes);
    expect(caches.leaked).toBe(0);
    expect(new Set(caches.ledger.passes.map(({ rows }) => rows.video))).toEqual(new Set([SOME.length]));
  });
});

describe('computed rows that attend to each other only', () => {
  it('are a run of a model that has no other rows, at their own positions', async () => {
    const run = await runOn(wan, { plugins: [moves('alone', some)] });
    const [model] = wan.models;
    if (!model) throw new TypeError('no model');
    const { spec } = model;
    const tables: typeof spec.tables = (grid, given) =>
      Object.fromEntries(
        Object.entries(spec.tables(grid, given)).map(([name, t]) => [name, rowsOf(t, SOME)]),
      );
    const small: Subject = {
      ...wan,
      models: [{ ...model, spec: { ...spec, tables, rows: () => ({ video: SOME.length }) } }],
      latents: { video: rowsOf(present(wan.latents.video), SOME) },
    };
    const got = { video: rowsOf(present(run.latents.video), SOME) };
    expect(errorOf(got, (await runOn(small)).latents)).toBeLessThan(1e-6);
  });

  it('are what the toy gives by hand', async () => {
    const run = await runOn(toy, { steps: 1, guidance: only(), plugins: [moves('alone', some)] });
    const matrix = (of: HostTensor): number[][] =>
      Array.from({ length: of.shape[0] ?? 0 }, (_, n) => [0, 1].map((d) => Number(of.data[2 * n + d])));
    const own = { video: SOME, audio: [1] };
    const [video, audio] = (['video', 'audio'] as const).map((s) => rowsOf(present(toy.latents[s]), own[s]));
    const latents = { video: matrix(present(video)), audio: matrix(present(audio)) };
    const text = matrix(present(toy.conditions.cond?.text));
    const v = toyReference({ weights: toyWeights(1), latents, text, timestep: 1000 });
    for (const s of ['video', 'audio'] as const) {
      const data = Float32Array.from(
        latents[s].flatMap((row, n) => row.map((x, d) => x - (v[s][n]?.[d] ?? 0))),
      );
      const want = { type: 'float32' as const, shape: [own[s].length, 2], data };
      expect(errorOf({ [s]: rowsOf(present(run.latents[s]), own[s]) }, { [s]: want })).toBeLessThan(1e-6);
    }
  });
});

describe('keys and values of the leading branch only', () => {
  const lineOf = (rows: SomeRows) =>
    planOn(wan, { plugins: [moves(rows, some, 1)] }).memory.find(({ what }) => what.startsWith('keys'));

  it('are half the bytes of both', async () => {
    const [both, one] = [lineOf(true), lineOf('leader')];
    expect([both?.what, one?.what]).toEqual([
      'keys and values, 2 branches',
      'keys and values, 1 of 2 branches',
    ]);
    expect(2 * (one?.bytes ?? 0)).toBe(both?.bytes);
    const held = async (rows: SomeRows) => (await runOn(wan, { plugins: [moves(rows, some, 1)] })).heldBytes;
    expect((await held(true)) - (await held('leader'))).toBe(one?.bytes);
  });

  it('leave its rows as they are and the other branch exact', async () => {
    const seen = async (plugins: readonly Plugin[]) => {
      const predictions: Record<string, HostTensor> = {};
      const looks: Plugin = {
        name: 'looks',
        contract: 1,
        setup: ({ readBack }) => ({
          forward: async (call, next) => {
            const out = await next(call);
            const { video } = out;
            if (call.step === 1 && video)
              predictions[call.branch] = { type: 'float32', shape: video.shape, data: await readBack(video) };
            return out;
          },
        }),
      };
      const { ledger } = await runOn(wan, { steps: 2, plugins: [...plugins, looks] });
      return { ...predictions, passes: ledger.passes.filter(({ step }) => step === 1) } as const;
    };
    const [led, both, plain] = [
      await seen([moves('leader', some, 1)]),
      await seen([moves(true, some, 1)]),
      await seen([]),
    ];
    const error = (a: typeof led, b: typeof led, branch: 'cond' | 'uncond') =>
      errorOf(pick(a, branch), pick(b, branch));
    expect(error(led, both, 'cond')).toBeLessThan(1e-6);
    expect(error(led, plain, 'uncond')).toBeLessThan(1e-6);
    expect(led.passes.map(({ branch, rows, spans }) => [branch, rows.video, spans.at(-1)])).toEqual([
      ['cond', SOME.length, 'rows/end'],
      ['uncond', 12, 'plain/end'],
    ]);
  });

  it.each<[string, SubjectRun]>([
    ['four branches, one of which goes on from the leader', {}],
    ['guidance without a second branch', { guidance: only() }],
  ])('are the plain run where all rows are computed: %s', async (_, run) => {
    const all: Rows = { video: 'all', audio: 'all' };
    const led = await runOn(toy, { ...run, plugins: [moves('leader', all)] });
    expect(errorOf(led.latents, (await runOn(toy, run)).latents)).toBeLessThan(1e-6);
    expect(led.leaked).toBe(0);
  });
});

it('plugins that do not agree what computed rows attend to are refused', () => {
  const two = (a: SomeRows, b: SomeRows) => () =>
    planOn(toy, { plugins: [moves(a, some), { ...moves(b, some), name: 'others' }] });
  expect(two(true, 'alone')).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: plan: moves and others do not agree what computed rows attend to
      have   moves has true, others has "alone"
      need   the same needs.rows in all plugins that compute some rows
      do     set their options alike, or leave one of them out]
  `);
  expect(two('leader', 'alone')).toThrow('do not agree');
  expect(two('leader', 'leader')).not.toThrow();
  expect(two('alone', false)).not.toThrow();
});

const pick = (all: object, branch: string): Streams<HostTensor> => ({
  video: present((all as Readonly<Record<string, HostTensor>>)[branch]),
});
