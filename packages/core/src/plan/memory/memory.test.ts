import { describe, expect, it } from 'vitest';
import { recordPass } from '../../graph/pass-graph.js';
import type { EmitOptions, StoredWeight } from '../../graph/weights.js';
import { cfg } from '../../guidance/cfg.js';
import { only } from '../../guidance/only.js';
import { euler } from '../../sampler/euler.js';
import { unipc } from '../../sampler/unipc.js';
import { scheduleNamed } from '../../schedule/schedules.js';
import type { ModelSpec } from '../../spec/model.js';
import { CONTRACT, type Needs, type Plugin } from '../../spec/plugin.js';
import { pretendWeights, wanLike } from '../../testing/small/wan-like.js';
import { castBytes } from '../cut/bounds.js';
import { type PassPlan, planPass } from '../cut/pass-plan.js';
import { explain } from '../explain.js';
import { makePlan, type PlanRequest, type PlanSettings } from '../plan.js';

/** One block by hand: P 4, D 8, F 16, text 6. */
const byHand: ModelSpec = {
  ...wanLike(),
  clocks: {},
  emit: (p) => {
    const text = p.mean('text', p.linear('text_in', p.condition('text'), { in: 6, out: 8, bias: false }), 0);
    const embed = p.linear('embed', p.latents('video'), { in: 4, out: 8, bias: false });
    p.station('embed', { video: embed });
    const met = p.add('met', embed, text);
    const wide = p.cos('act', p.linear('fc1', met, { in: 8, out: 16, bias: false }));
    const out = p.add('blocks.0.out', met, p.linear('fc2', wide, { in: 16, out: 8, bias: false }));
    p.station('blocks.0', { video: out });
    p.station('trunk', { video: out });
    p.output('video', p.linear('head', out, { in: 8, out: 4, bias: false }));
  },
};

const N = 10;
const S = 3;
const F32 = 4;
const SETTINGS: PlanSettings = {
  device: 'cpu',
  compute: 'float32',
  weights: 'packed',
  decompose: new Set(),
  flopsPerSecond: 1e9,
};

const planFor = (request: Partial<PlanRequest> = {}, spec = byHand, guidance = cfg({ scale: 4 })) =>
  makePlan({
    phases: [{ name: 'all', spec, weights: pretendWeights(), from: 0, to: 2, guidance }],
    grid: { frames: 1, height: 2, width: 5 },
    lengths: { S },
    schedule: scheduleNamed('euler-flow', { steps: 2, shift: 3 }),
    sampler: euler(),
    plugins: [],
    settings: SETTINGS,
    ...request,
  });

const plugin = (needs: Needs): Plugin => ({
  name: 'somebody',
  contract: CONTRACT,
  needs: () => needs,
  setup: () => ({}),
});

describe('the memory of a plan', () => {
  const weights = F32 * (8 * 6 + 8 * 4 + 16 * 8 + 8 * 16 + 4 * 8);
  // met, fc1 and its activation are alive at once; the mean of the text is made outside of the count.
  const inside = F32 * N * (8 + 16 + 16);

  it('is what is held, line by line', () => {
    const plan = planFor();
    expect(plan.memory).toEqual([
      { what: 'weights, pages of their files', bytes: weights, kind: 'shared' },
      { what: 'weights, packed copies', bytes: weights, kind: 'held' },
      { what: 'once a run, 2 texts', bytes: 2 * F32 * S * 8, kind: 'held' },
      { what: 'once a step', bytes: F32 * N * 8, kind: 'passing' },
      { what: 'between spans', bytes: 0, kind: 'passing' },
      { what: 'inside the biggest span', bytes: inside, kind: 'passing' },
      { what: 'latents, predictions, sampler history', bytes: 5 * F32 * N * 4, kind: 'held' },
    ]);
    expect(plan.peakBytes).toBe(weights + 2 * F32 * S * 8 + F32 * N * 8 + inside + 5 * F32 * N * 4);
  });

  it('mapped weights are pages of their file and count for nothing', () => {
    const plan = planFor({ settings: { ...SETTINGS, weights: 'mapped' } });
    expect(plan.peakBytes).toBe(planFor().peakBytes - weights);
  });

  it('a sampler’s past and fewer branches count', () => {
    const line = (plan: ReturnType<typeof planFor>, what: string) =>
      plan.memory.find((l) => l.what.startsWith(what))?.bytes;
    expect(line(planFor({ sampler: unipc() }), 'latents')).toBe(9 * F32 * N * 4);
    const alone = planFor({}, byHand, only());
    expect(line(alone, 'once a run, 1 text')).toBe(F32 * S * 8);
    expect(line(alone, 'latents')).toBe(4 * F32 * N * 4);
  });

  it('what plugins declare that they keep counts: widths, branches, storage, generations', () => {
    const lines = (caches: NonNullable<Needs['caches']>, more: Needs = {}) =>
      Object.fromEntries(
        planFor({ plugins: [plugin({ ...more, caches })] })
          .memory.filter(({ what }) => what.startsWith('somebody'))
          .map(({ what, bytes }) => [what.slice('somebody: '.length), bytes]),
      );
    expect(lines({ residual: { rowsOf: 'trunk' }, velocity: { rowsOf: 'latents', per: 'run' } })).toEqual({
      residual: 2 * F32 * N * 8,
      velocity: F32 * N * 4,
    });
    const stored = { a: { rowsOf: 3, storage: 'bfloat16' }, b: { rowsOf: 3, storage: 'int8' } } as const;
    expect(lines({ 'old.a': stored.a, 'old.b': { ...stored.b, generations: 4 } })).toEqual({
      old: 2 * N * 6 + 2 * 4 * N * (3 + 4),
    });
    const proxy = { proxy: { rowsOf: 'blocks.0', per: 'decider' } } as const;
    expect([lines(proxy), lines(proxy, { align: { of: 'own' } })]).toEqual([
      { proxy: 2 * F32 * N * 8 },
      { proxy: F32 * N * 8 },
    ]);
    const many = planFor({ plugins: [plugin({ caches: proxy })] });
    expect(explain(many)).toMatch(/somebody: proxy +0\.6 KiB +held/);
    const refused = [
      [{ rowsOf: 'blocks.3' }, 'somebody: the model has no station blocks.3'],
      [{ rowsOf: 0 }, 'somebody: what it keeps as proxy cannot be planned'],
      [{ rowsOf: 'latents', streams: ['audio'] }, 'one value or more, of video'],
      [{ rowsOf: 'latents', generations: 1.5 }, '1.5 generations'],
    ] as const;
    for (const [need, words] of refused) expect(() => lines({ proxy: need })).toThrow(words);
  });

  it('what reads tables and no text is kept once, and what a step makes of it too', () => {
    const placed: ModelSpec = {
      ...byHand,
      tableSpecs: { cos: { stream: 'video', width: 2 } },
      emit: (p) => {
        const text = p.mean('text', p.linear('text_in', p.condition('text'), { in: 6, out: 8 }), 0);
        const place = p.linear('place', p.table('cos'), { in: 2, out: 8 });
        const embed = p.add('embed', p.linear('embed.in', p.latents('video'), { in: 4, out: 8 }), place);
        p.station('embed', { video: embed });
        const out = p.add('blocks.0.out', embed, text);
        p.station('blocks.0', { video: out });
        p.station('trunk', { video: out });
        p.output('video', p.linear('head', out, { in: 8, out: 4 }));
      },
    };
    const plan = planFor({}, placed);
    const bytes = (what: string) => plan.memory.find((line) => line.what.startsWith(what))?.bytes;
    expect(bytes('once a run')).toBe(F32 * N * 8 + 2 * F32 * S * 8);
    expect(bytes('once a step')).toBe(F32 * N * 8);
    expect(explain(plan)).toMatch(/plain\/run\.0 +once a run .*\n.*plain\/run\.1 +once a text/);
  });

  it('counts what crosses a cut: in one branch at a time, and in each where somebody asked to see it', () => {
    const between = (needs: Needs, request: Partial<PlanRequest> = {}) =>
      planFor({ plugins: [plugin(needs)], ...request }, wanLike(3)).memory.find(
        (line) => line.what === 'between spans',
      )?.bytes;
    const hidden = F32 * N * 8;
    const inside = { from: 'blocks.0', to: 'blocks.1', decided: 'inside' } as const;
    expect(between({})).toBe(0);
    const slow = { settings: { ...SETTINGS, flopsPerSecond: 1, maxRunSeconds: 1 } };
    expect(between({}, slow)).toBe(2 * hidden);
    expect(between({ outputs: ['blocks.0'] })).toBe(2 * hidden);
    expect(between({ outputs: ['blocks.0'] }, slow)).toBe(2 * hidden + 2 * hidden);
    // Who jumps may look at both ends.
    expect(between({ jumps: [inside] })).toBe(4 * hidden);
    expect(between({ jumps: [inside], outputs: ['blocks.1'] })).toBe(4 * hidden);
  });

  it('keys and values count for each branch and block, and once', () => {
    const plan = planFor({ plugins: [plugin({ rows: true })] }, wanLike(2));
    const line = plan.memory.find(({ what }) => what === 'keys and values, 2 branches');
    expect(line?.bytes).toBe(2 * 2 * 2 * F32 * N * 8);
    const between = plan.memory.find(({ what }) => what === 'between spans');
    expect(between?.bytes).toBe(0);
  });

  it('of two phases the bigger one counts', () => {
    const phase = (name: string, spec: ModelSpec, from: number, to: number) => ({
      name,
      spec,
      weights: pretendWeights(),
      from,
      to,
      guidance: only(),
    });
    const [small, big] = [phase('small', wanLike(1), 0, 1), phase('big', wanLike(3), 1, 2)];
    const both = planFor({ phases: [small, big] });
    expect(both.peakBytes).toBe(planFor({ phases: [{ ...big, from: 0 }] }).peakBytes);
  });
});

describe('bounds', () => {
  /** Of a block but the first: products with weights of one block, and its two attentions. */
  const BLOCK_FLOPS = 2 * N * 8 * 8 * 3 + 4 * N * N * 8 + 4 * N * S * 8 + 2 * (2 * N * 8 * 12);

  const spansOf = (maxRunSeconds: number) => {
    const settings = { ...SETTINGS, flopsPerSecond: BLOCK_FLOPS, maxRunSeconds };
    const pass = planFor({ settings }, wanLike(5)).phases[0]?.passes.get('plain');
    return [...(pass?.reasons ?? [])].map(([station, why]) => `${station}: ${why}`);
  };

  it('cut where a session would run too long', () => {
    const ends = (...blocks: readonly number[]) => blocks.map((i) => `blocks.${i}: maxRunSeconds`);
    expect(spansOf(100)).toEqual([]);
    // What the first block computes once a step does not count: its self-attention is done by then.
    expect(spansOf(2)).toEqual(ends(1, 3));
    expect(spansOf(1)).toEqual([...ends(0, 1, 2, 3), 'trunk: maxRunSeconds']);
  });

  const mapped = (
    type: StoredWeight['type'],
    maxHeldBytes: number,
    options: Partial<EmitOptions> = {},
  ): PassPlan => {
    const emit: EmitOptions = { compute: 'float32', weights: 'mapped', decompose: new Set(), ...options };
    const graph = recordPass(wanLike(5), { variant: 'plain', rows: false }, pretendWeights(type), emit);
    const none = { cuts: new Map(), outputs: new Map(), jumps: [] };
    return planPass(graph, none, { maxHeldBytes, flopsPerSecond: 1, sizes: new Map(), heldBytes: castBytes });
  };

  /** Floats of a block that are cast: q, k, v with bias, two norms, and the feed-forward. */
  const BLOCK_CASTS = F32 * (3 * (64 + 8) + 2 * 8 + (96 + 12) + (96 + 8));

  it('cut where casts of mapped half-precision weights would pile up', () => {
    const reasons = [...mapped('bfloat16', 2 * BLOCK_CASTS).reasons];
    expect(reasons).toEqual([1, 3].map((i) => [`blocks.${i}`, ['memory of casts']]));
    expect(mapped('float16', 2 * BLOCK_CASTS).reasons.size).toBe(2);
  });

  it('spans that a run or a step computes once are bounded too', () => {
    const held = (plan: PassPlan, lasts: 'run' | 'step') => plan[lasts].map((span) => span.nodes.length);
    const wide = mapped('bfloat16', 1e9);
    expect([held(wide, 'run').length, held(wide, 'step').length]).toEqual([1, 1]);
    const narrow = mapped('bfloat16', 2 * 64 * F32);
    expect(held(narrow, 'run').length).toBeGreaterThan(5);
    expect(held(narrow, 'run').reduce((a, b) => a + b)).toBe(held(wide, 'run')[0]);
    expect(held(narrow, 'step').reduce((a, b) => a + b)).toBe(held(wide, 'step')[0]);
  });

  it('casts cost nothing where there are none', () => {
    expect(mapped('float32', 1).reasons.size).toBe(0);
    expect(mapped('bfloat16', 1, { weights: 'packed' }).reasons.size).toBe(0);
    expect(mapped('float16', 1, { compute: 'float16' }).reasons.size).toBe(0);
  });
});
