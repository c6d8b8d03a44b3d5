import { describe, expect, it } from 'vitest';
import { cfg } from '../guidance/cfg.js';
import { only } from '../guidance/only.js';
import { euler } from '../sampler/euler.js';
import { unipc } from '../sampler/unipc.js';
import { scheduleNamed } from '../schedule/schedules.js';
import type { Branch } from '../spec/guidance.js';
import type { PassBuilder } from '../spec/pass.js';
import { CONTRACT, type Needs, type Plugin } from '../spec/plugin.js';
import { pretendWeights, wanLike } from '../testing/small/wan-like.js';
import { toySpec } from '../testing/toy/spec.js';
import { toyGuidance } from '../testing/toy/subject.js';
import { explain } from './explain.js';
import { makePlan, type PhaseRequest, type Plan, type PlanRequest } from './plan.js';

const STEPS = 4;

const plugin = (needs: Needs, name = 'somebody'): Plugin => ({
  name,
  contract: CONTRACT,
  needs: () => needs,
  setup: () => ({}),
});

const phaseOf = (phase: Partial<PhaseRequest> = {}): PhaseRequest => ({
  name: 'all',
  spec: toySpec,
  weights: pretendWeights(),
  from: 0,
  to: STEPS,
  guidance: cfg({ scale: 4 }),
  ...phase,
});

const planFor = (request: Partial<PlanRequest> = {}, phase: Partial<PhaseRequest> = {}): Plan =>
  makePlan({
    phases: [phaseOf(phase)],
    grid: { frames: 3, height: 2, width: 2 },
    lengths: { S: 3 },
    schedule: scheduleNamed('euler-flow', { steps: STEPS, shift: 3 }),
    sampler: euler(),
    plugins: [],
    settings: {
      device: 'cpu',
      compute: 'float32',
      weights: 'packed',
      decompose: new Set(),
      flopsPerSecond: 1e9,
    },
    ...request,
  });

const passOf = (plan: Plan, variant = 'plain') => {
  const pass = plan.phases[0]?.passes.get(variant);
  if (!pass) throw new Error(`no ${variant}`);
  return pass;
};

describe('a plan', () => {
  it('is one span where nobody looks', () => {
    expect(passOf(planFor()).pass.map((span) => span.id)).toEqual(['plain/end']);
  });

  it('cuts where anybody looks, and remembers who', () => {
    const a = plugin({ cuts: ['blocks.0.attn_out', 'blocks.2'] }, 'a');
    const b = plugin({ cuts: ['blocks.2'], outputs: ['blocks.1'] }, 'b');
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
    expect(passOf(planFor({ plugins: [plugin({ blocks: true })] })).pass.map((span) => span.id)).toEqual([
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
    const plan = passOf(planFor({ plugins: [plugin({ rows: true })] }, { spec: wanLike(2) }), 'rows');
    const made = plan.step.flatMap((span) => span.nodes.map((node) => node.op));
    expect(made).not.toContain('ScatterND');
    expect(plan.caches.map((cache) => cache.name)).toEqual(
      [0, 1].flatMap((i) => [`blocks.${i}.attn1.keys`, `blocks.${i}.attn1.values`]),
    );
  });

  it('lets through a cut what is read behind it and nothing else', () => {
    const plan = passOf(
      planFor({ plugins: [plugin({ cuts: ['blocks.1.attn_out'] })] }, { spec: wanLike(2) }),
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

  it('reads as a table', () => {
    const plugins = [
      plugin(
        { cuts: ['blocks.0.attn_out'], cacheBytes: ({ video = 0, audio = 0 }) => 8 * (video + audio) },
        'proxy',
      ),
      plugin({ jumps: [{ from: 'blocks.1', to: 'blocks.2', decided: 'before' }] }, 'skip'),
      plugin({ jumps: [{ from: 'blocks.0', to: 'blocks.2', decided: 'before' }] }, 'late'),
    ];
    expect(explain(planFor({ plugins }, { guidance: toyGuidance() }))).toMatchInlineSnapshot(`
      "steps     4 (euler-flow, euler)
      device    cpu, float32, weights packed
      plugins   proxy → skip → late
      time      about 0.0 s at 1 GFLOP/s, nothing skipped

      phase all: toy, steps 0–3, 12 video tokens, 3 audio tokens, branches cond, uncond, perturbed, isolated
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

      memory                                bytes    kind
      weights, pages of their files         0.2 KiB  shared
      weights, packed copies                0.5 KiB  held
      once a run, 2 texts                   0.0 KiB  held
      once a step                           0.4 KiB  passing
      between spans                         1.3 KiB  passing
      proxy: caches                         0.1 KiB  held
      inside the biggest span               0.4 KiB  passing
      latents, predictions, solver history  0.8 KiB  held
      biggest moment, file pages aside      3.5 KiB
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
  const plugins = [plugin({ outputs: ['blocks.1.attn_out'] })];
  const plan = planFor({ plugins }, { guidance: toyGuidance(), spec: { ...toySpec, emit } });
  expect(passOf(plan).stations.get('blocks.1.attn_out')?.watched).toBe(true);
  expect(passOf(plan, 'isolated').stations.has('blocks.1.attn_out')).toBe(false);
});

describe('a plan refuses', () => {
  const refused = (request: Partial<PlanRequest>, phase: Partial<PhaseRequest> = {}) =>
    expect(() => planFor(request, phase));
  const needing = (needs: Needs) => refused({ plugins: [plugin(needs)] });

  it('a station the model has not, naming the nearest', () => {
    needing({ cuts: ['blocks.0.atn_out'] }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: the model has no station blocks.0.atn_out
        have   16 stations, start, embed, blocks.0.block_in, blocks.0.attn_out, blocks.0, blocks.1.block_in, blocks.1.attn_out, blocks.1, blocks.2.block_in, blocks.2.attn_out, blocks.2, blocks.3.block_in, …
        need   a tap or a hidden station of this model
        do     did you mean blocks.0.attn_out?]
    `);
    needing({ outputs: ['blocks.4'] }).toThrow('did you mean blocks.0?');
    needing({ jumps: [{ from: 'embd', to: 'trunk', decided: 'inside' }] }).toThrow('did you mean embed?');
  });

  it('a tap as the end of a jump', () => {
    needing({
      jumps: [{ from: 'blocks.0', to: 'blocks.1.attn_out', decided: 'inside' }],
    }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: a pass cannot go on from blocks.1.attn_out, it is a tap
        have   blocks.1.attn_out
        need   a hidden station, such as embed, blocks.<i> or trunk
        do     jump between ends of blocks]
    `);
    needing({ jumps: [{ from: 'start', to: 'blocks.1', decided: 'before' }] }).toThrow('it is a tap');
  });

  it.each(['inside', 'before'] as const)('a jump backwards or on the spot (%s)', (decided) => {
    needing({ jumps: [{ from: 'blocks.2', to: 'blocks.1', decided }] }).toThrow(
      'cannot jump from blocks.2 to blocks.1',
    );
    needing({ jumps: [{ from: 'blocks.2', to: 'blocks.2', decided }] }).toThrow(
      'the second does not lie after the first',
    );
  });

  it('a jump over a value that is read later', () => {
    const spec = {
      ...wanLike(),
      emit: (p: Parameters<typeof toySpec.emit>[0]) => {
        const x = p.add('x', p.latents('video'), p.mean('text', p.condition('text'), 0));
        p.station('embed', { video: x });
        const side = p.cos('side', x);
        p.station('blocks.0', { video: p.sin('blocks.0.out', side) });
        p.station('trunk', { video: p.add('late', p.sin('again', side), side) });
        p.output('video', side);
      },
    };
    const asked = plugin({ jumps: [{ from: 'embed', to: 'blocks.0', decided: 'inside' }] });
    const conditions = { text: { shape: ['S', 4] } };
    refused({ plugins: [asked] }, { spec: { ...spec, conditions } }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: a pass cannot jump from embed to blocks.0
        have   side is made in between and read later
        need   two hidden stations in the order of the pass, with nothing but hidden streams alive at the second
        do     jump between ends of blocks (blocks.<i>, embed, trunk)]
    `);
  });

  it('a plugin of another contract', () => {
    const old = { ...plugin({}), contract: 0 } as unknown as Plugin;
    refused({ plugins: [old] }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: it was written for another version of the plugin contract
        have   contract 0
        need   contract 1
        do     update somebody, or use the @skipstone/core it was made for]
    `);
  });

  it('the same plugin twice', () => {
    refused({ plugins: [plugin({}), plugin({}, 'other'), plugin({})] }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: it is in the list twice
        have   somebody, other, somebody
        need   each plugin once
        do     remove one of them]
    `);
  });

  it('rows that take any steps with a sampler that reads its past', () => {
    const any = plugin({ rows: true, steps: 'any' });
    refused({ plugins: [any], sampler: unipc() }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: it cannot say a token's next step, which unipc must know
        have   unipc, which reads 2 past predictions on one grid
        need   a sampler without memory, or a plugin that integrates groups on their own grids
        do     use the euler sampler, or give the plugin fixed groups]
    `);
    expect(planFor({ plugins: [any] }).phases.length).toBe(1);
    expect(planFor({ plugins: [plugin({ steps: 'own-grid' })], sampler: unipc() }).phases.length).toBe(1);
  });

  it('a branch in a variant the model has not', () => {
    const guidance = only({ name: 'cond', text: 'cond', variant: 'sparse' });
    refused({}, { guidance }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: toy: branch cond needs the variant sparse
        have   skip-attention, isolated
        need   a variant that the model can emit
        do     leave this branch out of guidance, or use a model that has the variant]
    `);
  });

  it('a fork from a branch that comes later, and one at a tap', () => {
    const fork = (from: string, at: string): Branch => ({ name: 'forked', text: 'cond', fork: { from, at } });
    const cond = { name: 'cond', text: 'cond' };
    const guided = (...branches: readonly Branch[]) => ({ guidance: { ...only(), branches } });
    refused({}, guided(fork('cond', 'blocks.0'), cond)).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: branch forked forks from cond, which does not run before it
        have   fork { from: 'cond' }
        need   a branch further up in the list of guidance
        do     put the branches in the order they run in]
    `);
    refused({}, guided(cond, fork('cond', 'blocks.0.attn_out'))).toThrow('it is a tap');
    refused({}, guided(cond, fork('cond', 'blocks.9'))).toThrow(
      'branch forked: the model has no station blocks.9',
    );
  });

  it('a leader that guidance does not have', () => {
    needing({ align: { of: 'own', leader: 'uncnd' } }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: the branch uncnd cannot lead
        have   cond, uncond
        need   one branch of guidance that leads all aligned plugins and goes on from no other
        do     leave align.leader out, or did you mean uncond?]
    `);
    expect(planFor({ plugins: [plugin({ align: { of: 'all', leader: 'uncond' } })] }).phases.length).toBe(1);
  });

  it.each([
    [[[0, 3]]],
    [[[1, 4]]],
    [
      [
        [0, 2],
        [1, 4],
      ],
    ],
    [
      [
        [0, 2],
        [2, 2],
        [2, 4],
      ],
    ],
    [[[0, 5]]],
  ])('phases that do not cover its steps: %j', (spans) => {
    const phases = spans.map(([from = 0, to = 0], i) => phaseOf({ name: `p${i}`, from, to }));
    refused({ phases }).toThrow('the phases do not cover the steps');
  });

  it('phases with a gap, saying which', () => {
    const phases = [phaseOf({ name: 'high', to: 1 }), phaseOf({ name: 'low', from: 2 })];
    refused({ phases }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: plan: the phases do not cover the steps of the schedule
        have   high 0–1, low 2–4
        need   phases that follow each other from 0 to 4
        do     set from and to of each phase]
    `);
  });

  it('a run that does not fit into memory, saying what would', () => {
    const settings = planFor().request.settings;
    const { peakBytes } = planFor();
    refused({ settings: { ...settings, memoryBytes: 2 ** 10 } }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: plan: this run does not fit
        have   0.00 GiB of memory
        need   0.00 GiB, most of it for latents, predictions, solver history (0.00 GiB)
        do     use mapped weights, fewer frames or a smaller size]
    `);
    refused({ settings: { ...settings, weights: 'mapped', memoryBytes: 2 ** 10 } }).toThrow(
      'use fewer frames or a smaller size',
    );
    refused({ settings: { ...settings, memoryBytes: peakBytes - 1 } }).toThrow('does not fit');
    expect(planFor({ settings: { ...settings, memoryBytes: peakBytes } }).peakBytes).toBe(peakBytes);
  });
});
