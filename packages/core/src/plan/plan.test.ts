import { describe, expect, it } from 'vitest';
import type { PassBuilder } from '../spec/pass.js';
import { asking, passOf, planFor } from '../testing/small/toy-plan.js';
import { wanLike } from '../testing/small/wan-like.js';
import { toySpec } from '../testing/toy/spec.js';
import { toyGuidance } from '../testing/toy/subject.js';
import { explain } from './explain.js';

describe('a plan', () => {
  it('is one span where nobody looks', () => {
    expect(passOf(planFor()).pass.map((span) => span.id)).toEqual(['plain/end']);
  });

  it('cuts where anybody looks, and remembers who', () => {
    const a = asking({ cuts: ['blocks.0.attn_out', 'blocks.2'] }, 'a');
    const b = asking({ cuts: ['blocks.2'], outputs: ['blocks.1'] }, 'b');
    const { pass, reasons, stations } = passOf(planFor({ plugins: [a, b] }));
    expect(pass.map((span) => span.id)).toEqual(['plain/blocks.2', 'plain/trunk', 'plain/end']);
    expect([...reasons]).toEqual([
      ['blocks.0.attn_out', ['a']],
      ['blocks.2', ['a', 'b']],
      ['trunk', ['a', 'b']],
    ]);
    const seen = (name: string) => {
      const { boundary, watched, visible } = stations.get(name) ?? {};
      return { boundary, watched, visible };
    };
    expect(seen('blocks.2')).toEqual({ boundary: true, watched: true, visible: true });
    expect(seen('blocks.1')).toEqual({ boundary: false, watched: true, visible: true });
    expect(seen('blocks.3')).toEqual({ boundary: true, watched: false, visible: true });
    expect(seen('blocks.0')).toEqual({ boundary: false, watched: false, visible: false });
  });

  it('cuts after every block for a plugin with a block hook', () => {
    expect(passOf(planFor({ plugins: [asking({ blocks: true })] })).pass.map((span) => span.id)).toEqual([
      'plain/blocks.0',
      'plain/blocks.1',
      'plain/blocks.2',
      'plain/blocks.3',
      'plain/end',
    ]);
  });

  it('computes text once a run, and once a step what no branch changes', () => {
    const plan = passOf(planFor({}, { spec: wanLike(2) }));
    const heavy = (spans: typeof plan.run) =>
      spans.map((s) => s.nodes.filter((n) => n.heavy).map((n) => n.name));
    expect(heavy(plan.run)).toEqual([
      ['text_proj', ...[0, 1].flatMap((i) => [`blocks.${i}.attn2.to_k`, `blocks.${i}.attn2.to_v`])],
    ]);
    const first = ['to_q', 'norm_q', 'to_k', 'norm_k', 'to_v'].map((name) => `blocks.0.attn1.${name}`);
    expect(heavy(plan.step)).toEqual([['time_proj', 'patch_embedding', ...first]]);
    const second = first.map((name) => name.replace('blocks.0', 'blocks.1'));
    const ends = [0, 1].map((i) => ['0', '2'].map((k) => `blocks.${i}.ffn.${k}`));
    expect(heavy(plan.pass)).toEqual([[...(ends[0] ?? []), ...second, ...(ends[1] ?? []), 'proj_out']]);
  });

  it('computes the first block with each pass where rows are cached: a cache is a branch’s own', () => {
    const plan = passOf(planFor({ plugins: [asking({ rows: true })] }, { spec: wanLike(2) }), 'rows');
    const made = plan.step.flatMap((span) => span.nodes.map((node) => node.op));
    expect(made).not.toContain('ScatterND');
    expect(plan.caches.map((cache) => cache.name)).toEqual(
      [0, 1].flatMap((i) => [`blocks.${i}.attn1.keys`, `blocks.${i}.attn1.values`]),
    );
  });

  it('lets through a cut what is read behind it and nothing else', () => {
    const plan = passOf(
      planFor({ plugins: [asking({ cuts: ['blocks.1.attn_out'] })] }, { spec: wanLike(2) }),
    );
    const ports = plan.pass.map(({ id, graph }) => ({
      id,
      in: graph.inputs.map((port) => port.name).sort(),
      out: graph.outputs.map((port) => port.name).sort(),
    }));
    expect(ports).toEqual([
      {
        id: 'plain/blocks.1.attn_out',
        in: [
          'blocks.0.attn1.attention',
          'blocks.0.attn2.to_k',
          'blocks.0.attn2.to_v',
          'patch_embedding',
          'table.cos',
          'table.sin',
          'time.modulation',
        ],
        out: ['blocks.0.out', 'blocks.1.attn1.attention'],
      },
      {
        id: 'plain/trunk',
        in: [
          'blocks.0.out',
          'blocks.1.attn1.attention',
          'blocks.1.attn2.to_k',
          'blocks.1.attn2.to_v',
          'time.modulation',
        ],
        out: ['blocks.1.out'],
      },
      { id: 'plain/end', in: ['blocks.1.out'], out: ['proj_out'] },
    ]);
  });

  it('emits a variant only where a branch asks for it', () => {
    expect([...(planFor().phases[0]?.passes.keys() ?? [])]).toEqual(['plain']);
    const asked = planFor({}, { guidance: toyGuidance() }).phases[0]?.passes.keys() ?? [];
    expect([...asked]).toEqual(['plain', 'skip-attention', 'isolated']);
  });

  it('counts the steps that are taken, in words and in time', () => {
    const schedule = { name: 'repeats', timesteps: [1000, 500, 500, 500], sigmas: [1, 0.5, 0.3, 0.25, 0.25] };
    const slow = { ...planFor().request.settings, flopsPerSecond: 100 };
    const [all, some] = [planFor({ settings: slow }), planFor({ settings: slow, schedule })].map(explain);
    expect(all).toMatch(/^steps {5}4 \(/);
    expect(some).toMatch(/^steps {5}3 of 4 \(repeats, euler\)/);
    expect(all).toContain('toy, steps 0–3, 12 video');
    expect(some).toContain('toy, steps 0–3, 3 of them taken, 12 video');
    const seconds = (text = ''): number => Number(/about ([\d.]+) s/.exec(text)?.[1]);
    expect(seconds(all)).toBeGreaterThan(1.2 * seconds(some));
  });

  it('says how many rows its clocks have: two where clean tokens are given', () => {
    const clean = { type: 'float32', shape: [1, 2], data: new Float32Array(2) } as const;
    const spec: typeof toySpec = {
      ...toySpec,
      clockRows: ({ timestep, pinned }) => ({
        video: { values: pinned.video ? [timestep, 0] : [timestep], rowOfToken: new Int32Array(12) },
        audio: { values: [timestep] },
      }),
    };
    const given = { pinned: { video: { rows: Int32Array.of(0), clean } } };
    expect(explain(planFor({}, { spec }))).toContain('\nclock rows: video 1, audio 1\n');
    expect(explain(planFor({}, { spec, given }))).toContain('\nclock rows: video 2, audio 1\n');
    expect(explain(planFor({}, { spec: wanLike(4) }))).toContain('\nclock rows: time 1\n');
  });

  it('reads as a table', () => {
    const plugins = [
      asking({ cuts: ['blocks.0.attn_out'], caches: { 'caches.a': { rowsOf: 2, per: 'run' } } }, 'proxy'),
      asking({ jumps: [{ from: 'blocks.1', to: 'blocks.2', decided: 'before' }] }, 'skip'),
      asking({ jumps: [{ from: 'blocks.0', to: 'blocks.2', decided: 'before' }] }, 'late'),
    ];
    expect(explain(planFor({ plugins }, { guidance: toyGuidance() }))).toMatchInlineSnapshot(`
      "steps     4 (euler-flow, euler)
      device    cpu, float32, weights packed
      plugins   proxy → skip → late
      time      about 0.0 s at 1 GFLOP/s, nothing skipped

      phase all: toy, steps 0–3, 12 video tokens, 3 audio tokens, branches cond, uncond, perturbed, isolated
      clock rows: video 2, audio 1
      span                     runs         nodes  in  out  GFLOP  cut for
      plain/run.0              once a text  1      1   1    0.00
      plain/step.0             once a step  2      2   2    0.00
      plain/step.1             once a step  8      2   3    0.00
      plain/blocks.0           every pass   15     9   2    0.00   branch perturbed, late
      plain/blocks.2           every pass   24     9   2    0.00   [gate blocks.1 → blocks.2] late
      plain/trunk              every pass   23     6   2    0.00   proxy
      plain/end                every pass   2      2   2    0.00
      skip-attention/step.1    once a step  6      2   3    0.00
      skip-attention/blocks.0  every pass   16     9   2    0.00   branch perturbed, late
      skip-attention/blocks.2  every pass   24     9   2    0.00   [gate blocks.1 → blocks.2] late
      skip-attention/trunk     every pass   23     6   2    0.00   proxy
      skip-attention/end       every pass   2      2   2    0.00
      isolated/blocks.0        every pass   14     8   2    0.00   branch perturbed, late
      isolated/blocks.2        every pass   23     9   2    0.00   [gate blocks.1 → blocks.2] late
      isolated/trunk           every pass   22     6   2    0.00   proxy
      isolated/end             every pass   2      2   2    0.00

      memory                                 bytes    kind
      weights, pages of their files          0.2 KiB  shared
      weights, packed copies                 0.5 KiB  held
      once a run, 2 texts                    0.0 KiB  held
      once a step                            0.4 KiB  passing
      between spans                          1.3 KiB  passing
      proxy: caches                          0.1 KiB  held
      inside the biggest span                0.3 KiB  passing
      latents, predictions, sampler history  0.8 KiB  held
      biggest moment, file pages aside       3.5 KiB
      note: late: the gate blocks.0 → blocks.2 became cuts: it overlaps blocks.1 → blocks.2
      "
    `);
  });
});

it('leaves out taps that only the model itself has, not its variants', () => {
  const emit = (p: PassBuilder): void => {
    const lacking = p.variant === 'isolated' ? { ...p, tap: () => {} } : p;
    toySpec.emit(lacking);
  };
  const plugins = [asking({ outputs: ['blocks.1.attn_out'] })];
  const plan = planFor({ plugins }, { guidance: toyGuidance(), spec: { ...toySpec, emit } });
  expect(passOf(plan).stations.get('blocks.1.attn_out')?.watched).toBe(true);
  expect(passOf(plan, 'isolated').stations.has('blocks.1.attn_out')).toBe(false);
});
