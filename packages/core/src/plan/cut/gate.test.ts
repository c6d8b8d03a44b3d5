import { describe, expect, it } from 'vitest';
import { dumpGraph } from '../../graph/dump.js';
import { recordPass } from '../../graph/pass-graph.js';
import type { ModelSpec } from '../../spec/model.js';
import { CONTRACT, type Jump, type Needs, type Plugin } from '../../spec/plugin.js';
import { middleSkip } from '../../testing/plugins/middle-skip.js';
import { pretendWeights, wanLike, wanLikeSubject } from '../../testing/small/wan-like.js';
import { errorOf, planOn, runOn, sameBytes } from '../../testing/subject.js';
import { toySpec } from '../../testing/toy/spec.js';
import { toySubject } from '../../testing/toy/subject.js';
import { uniteNeeds } from '../ask/needs.js';
import { type PassPlan, planPass } from './pass-plan.js';

const SKIPS = [false, true, true, false, true, false];
const jump = (from: string, to: string, decided: Jump['decided'] = 'before'): Needs => ({
  jumps: [{ from, to, decided }],
});

/** A pass planned for plugins `a`, `b`, … with these needs. */
function planned(spec: ModelSpec, ...needs: readonly Needs[]): PassPlan {
  const options = { compute: 'float32', weights: 'packed', decompose: new Set<never>() } as const;
  const graph = recordPass(spec, { variant: 'plain', rows: false }, pretendWeights(), options);
  const asked = needs.map((one, i) => {
    const plugin: Plugin = { name: 'abc'[i] ?? '', contract: CONTRACT, setup: () => ({}) };
    return { plugin, needs: one };
  });
  return planPass(graph, uniteNeeds(asked, graph.stations, spec.blocks), {
    maxHeldBytes: Number.POSITIVE_INFINITY,
    flopsPerSecond: 1,
    sizes: new Map(),
    heldBytes: () => 0,
  });
}

const shape = (plan: PassPlan) => ({
  spans: plan.pass.map((span) => span.id),
  gates: plan.pass.flatMap((span) => span.gates.map((gate) => `${gate.from} → ${gate.to}`)),
  notes: plan.notes,
});

/** Skips a stretch at some steps under a name of its own. */
const skipper = (
  name: string,
  from: string,
  to: string,
  decided: Jump['decided'],
  skips = SKIPS,
): Plugin => ({
  ...middleSkip({ from, to, skips, decided }),
  name,
});

describe('the plan of gates', () => {
  it('a gate that nobody looks into is no cut', () => {
    const plan = planned(toySpec, { ...jump('blocks.0', 'blocks.2'), outputs: ['blocks.2'] });
    expect(shape(plan)).toEqual({ spans: ['plain/end'], gates: ['blocks.0 → blocks.2'], notes: [] });
  });

  it('becomes cuts where somebody looks inside, and says who is in the way', () => {
    const cuts = ['plain/blocks.0', 'plain/blocks.1', 'plain/blocks.2', 'plain/trunk', 'plain/end'];
    const notes = ['a: the gate blocks.0 → blocks.2 became cuts: blocks.1 lies inside'];
    expect(shape(planned(toySpec, jump('blocks.0', 'blocks.2'), { cuts: ['blocks.1'] }))).toEqual({
      spans: cuts,
      gates: [],
      notes,
    });
    expect(shape(planned(toySpec, jump('blocks.0', 'blocks.2'), { outputs: ['blocks.1'] }))).toEqual({
      spans: ['plain/blocks.0', 'plain/blocks.2', 'plain/end'],
      gates: [],
      notes,
    });
  });

  it('becomes cuts where keys and values lie inside', () => {
    const options = { compute: 'float32', weights: 'packed', decompose: new Set<never>() } as const;
    const graph = recordPass(wanLike(2), { variant: 'plain', rows: true }, pretendWeights(), options);
    const plugin: Plugin = { name: 'a', contract: CONTRACT, setup: () => ({}) };
    const needs = uniteNeeds([{ plugin, needs: jump('blocks.0', 'blocks.1') }], graph.stations, 2);
    const bounds = { maxHeldBytes: 1, flopsPerSecond: 1, sizes: new Map(), heldBytes: () => 0 };
    expect(shape(planPass(graph, needs, bounds))).toEqual({
      spans: ['rows/blocks.0', 'rows/blocks.1', 'rows/end'],
      gates: [],
      notes: ['a: the gate blocks.0 → blocks.1 became cuts: keys and values inside are updated in place'],
    });
  });

  it('becomes cuts around a jump that is decided inside, whoever comes first', () => {
    const [gate, cut] = [jump('embed', 'blocks.3'), jump('blocks.1', 'blocks.2', 'inside')];
    const spans = ['plain/blocks.1', 'plain/blocks.2', 'plain/blocks.3', 'plain/end'];
    expect(shape(planned(toySpec, gate, cut))).toEqual({
      spans,
      gates: [],
      notes: ['a: the gate embed → blocks.3 became cuts: blocks.1 lies inside'],
    });
    expect(shape(planned(toySpec, cut, gate))).toMatchObject({ spans, gates: [] });
  });

  it('of two that overlap neither stays, of two apart both do', () => {
    expect(shape(planned(toySpec, jump('blocks.0', 'blocks.2'), jump('blocks.1', 'blocks.3')))).toEqual({
      spans: ['plain/blocks.0', 'plain/blocks.1', 'plain/blocks.2', 'plain/blocks.3', 'plain/end'],
      gates: [],
      notes: [
        'b: the gate blocks.1 → blocks.3 became cuts: it overlaps blocks.0 → blocks.2',
        'a: the gate blocks.0 → blocks.2 became cuts: blocks.1 lies inside',
      ],
    });
    const apart = planned(toySpec, jump('blocks.0', 'blocks.1'), jump('blocks.1', 'blocks.3'));
    expect(shape(apart)).toMatchObject({ spans: ['plain/end'], notes: [] });
    expect(apart.pass[0]?.gates.length).toBe(2);
  });

  it('two plugins share a gate of the same stretch', () => {
    const plan = planned(toySpec, jump('blocks.0', 'blocks.2'), jump('blocks.0', 'blocks.2'));
    expect(shape(plan)).toEqual({ spans: ['plain/end'], gates: ['blocks.0 → blocks.2'], notes: [] });
  });

  it('is cut off from an output that is read before it', () => {
    const gate = jump('blocks.1', 'blocks.2');
    const plan = planned(toySpec, gate, { outputs: ['blocks.0', 'blocks.3'] });
    expect(shape(plan)).toMatchObject({
      spans: ['plain/blocks.1', 'plain/end'],
      gates: ['blocks.1 → blocks.2'],
    });
    expect(plan.reasons.get('blocks.1')).toEqual(['b (reads blocks.0)']);
    expect(planned(toySpec, gate, { outputs: ['blocks.3'] }).pass.length).toBe(1);
  });

  it('becomes cuts where a stream passes through it unchanged', () => {
    const spec: ModelSpec = {
      ...toySpec,
      emit: (p) => {
        const [video, audio] = [p.latents('video'), p.latents('audio')];
        p.station('embed', { video, audio });
        const first = p.cos('blocks.0.video', p.add('meet', video, p.mean('text', p.condition('text'), 0)));
        p.station('blocks.0', { video: first, audio });
        const second = p.cos('blocks.1.video', first);
        p.station('blocks.1', { video: second, audio });
        p.output('video', p.cos('video.out', second));
        p.output('audio', p.cos('audio.out', audio));
      },
    };
    const { gates, notes } = shape(planned({ ...spec, blocks: 2 }, jump('blocks.0', 'blocks.1')));
    expect(gates).toEqual([]);
    expect(notes).toEqual(['a: the gate blocks.0 → blocks.1 became cuts: audio passes through unchanged']);
  });
});

describe('a gated run', async () => {
  const subject = await wanLikeSubject(3);

  it.each([
    ['embed', 'blocks.0'],
    ['embed', 'blocks.1'],
    ['blocks.0', 'blocks.1'],
    ['embed', 'trunk'],
  ])('from %s to %s gives the bytes of the cut one', async (from, to) => {
    const gated = await runOn(subject, { plugins: [skipper('skip', from, to, 'before')] });
    const cut = await runOn(subject, { plugins: [skipper('skip', from, to, 'inside')] });
    expect(sameBytes(gated.latents, cut.latents)).toBe(true);
    expect(gated.ledger.decisions).toEqual(cut.ledger.decisions);
    const closed = gated.ledger.passes.filter((pass) => pass.closed.length > 0);
    expect(closed.map((pass) => pass.step)).toEqual([1, 1, 2, 2, 4, 4]);
    expect([gated.leaked, cut.leaked]).toEqual([0, 0]);
  });

  it('does not cast the weights of what is turned off', async () => {
    const halves = await wanLikeSubject(2, 'bfloat16');
    const run = (decided: Jump['decided']) =>
      runOn(halves, {
        plugins: [skipper('skip', 'blocks.0', 'blocks.1', decided)],
        settings: { weights: 'mapped' },
      });
    const plan = planOn(halves, {
      plugins: [skipper('skip', 'blocks.0', 'blocks.1', 'before')],
      settings: { weights: 'mapped' },
    });
    const text = dumpGraph((plan.phases[0]?.passes.get('plain')?.pass ?? [])[0]?.graph ?? neverGraph());
    expect(text).toMatch(/^ {6}blocks\.1\.ffn\.0\.weight\/float32 = Cast/m);
    expect(text).toMatch(/^ {2}blocks\.0\.ffn\.0\.weight\/float32 = Cast/m);
    const [gated, cut] = [await run('before'), await run('inside')];
    expect(sameBytes(gated.latents, cut.latents)).toBe(true);
  });

  it('gives the same in half precision within its rounding', async () => {
    const run = (compute: 'float32' | 'float16', decided: Jump['decided']) =>
      runOn(subject, { plugins: [skipper('skip', 'embed', 'blocks.1', decided)], settings: { compute } });
    const full = await run('float32', 'before');
    const [gated, cut] = [await run('float16', 'before'), await run('float16', 'inside')];
    expect(errorOf(gated.latents, full.latents)).toBeLessThan(1e-2);
    expect(errorOf(cut.latents, full.latents)).toBeLessThan(1e-2);
    expect(sameBytes(gated.latents, full.latents)).toBe(false);
  });

  it.each<[string, string, Jump['decided']]>([
    ['blocks.1', 'blocks.3', 'before'],
    ['blocks.0', 'blocks.2', 'before'],
    ['blocks.1', 'blocks.2', 'inside'],
    ['embed', 'trunk', 'before'],
  ])('is not disturbed by a plugin that might jump from %s to %s (%s)', async (from, to, decided) => {
    const toy = await toySubject(1);
    const first = (): Plugin => skipper('first', 'blocks.0', 'blocks.2', 'before');
    const idle: Plugin = {
      name: 'idle',
      contract: CONTRACT,
      needs: () => jump(from, to, decided),
      setup: () => ({}),
    };
    const alone = await runOn(toy, { plugins: [first()] });
    for (const plugins of [
      [first(), idle],
      [idle, first()],
    ]) {
      const both = await runOn(toy, { plugins });
      expect(sameBytes(both.latents, alone.latents)).toBe(true);
    }
  });

  it('can be closed although another plugin reads an output before it', async () => {
    const toy = await toySubject(1);
    const reader: Plugin = {
      name: 'reader',
      contract: CONTRACT,
      needs: () => ({ outputs: ['blocks.0'] }),
      setup: ({ kernels }) => ({
        trunk: async (call, next) => {
          await kernels.mean(await call.cursor.advance('blocks.0'));
          return next(call);
        },
      }),
    };
    for (const from of ['blocks.0', 'blocks.1']) {
      const alone = await runOn(toy, { plugins: [skipper('skip', from, 'blocks.2', 'before')] });
      const both = await runOn(toy, { plugins: [reader, skipper('skip', from, 'blocks.2', 'before')] });
      expect(sameBytes(both.latents, alone.latents)).toBe(true);
      expect(both.ledger.passes.filter((pass) => pass.closed.length > 0).length).toBe(3 * 4);
    }
  });
});

function neverGraph(): never {
  throw new Error('no span');
}
