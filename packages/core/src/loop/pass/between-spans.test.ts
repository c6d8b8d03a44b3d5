import { afterEach, describe, expect, it, vi } from 'vitest';
import { cfg } from '../../guidance/cfg.js';
import { only } from '../../guidance/only.js';
import { weighted } from '../../guidance/weighted.js';
import { ELEMENT_BYTES } from '../../plan/cut/bounds.js';
import type { Plan } from '../../plan/plan.js';
import type { Request } from '../../session/protocol.js';
import { Room } from '../../session/room.js';
import { CONTRACT, type Hooks, type Needs, type Plugin } from '../../spec/plugin.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';
import { groupedReuse } from '../../testing/plugins/grouped-reuse.js';
import { wanLikeSubject } from '../../testing/small/wan-like.js';
import { planOn, runOn, type Subject, type SubjectRun, sameBytes } from '../../testing/subject.js';
import { toyBranches, toySubject } from '../../testing/toy/subject.js';

const wan = await wanLikeSubject(5);
const toy = await toySubject(1);
/** Hidden streams of one pass. */
const WAN = 4 * 12 * 8;
const TOY = 4 * (12 + 3) * 2;

afterEach(() => vi.restoreAllMocks());

const lineOf = ({ memory }: Plan, what: string): number =>
  memory.find((line) => line.what.startsWith(what))?.bytes ?? 0;

/** Bytes between spans as a plan has them, and their most as the loop asked for them and gave them back. */
function between(subject: Subject, run: SubjectRun = {}) {
  const plan = planOn(subject, run);
  const passes = plan.phases.flatMap((phase) => [...phase.passes.values()]);
  const crossing = passes.flatMap(({ pass, crossings }) =>
    crossings.map(({ made, port }) => `${pass[made]?.id} ${port.name}`),
  );
  return follow(subject, run, 'between spans', new Set(crossing));
}

/** The same of what spans make once a run or a step. */
function madeOnce(subject: Subject, run: SubjectRun, lasts: 'run' | 'step') {
  const passes = planOn(subject, run).phases.flatMap((phase) => [...phase.passes.values()]);
  const ports = passes.flatMap((pass) =>
    pass[lasts].flatMap(({ id, graph }) => graph.outputs.map(({ name }) => `${id} ${name}`)),
  );
  return follow(subject, run, `once a ${lasts}`, new Set(ports));
}

/** A line of a plan, and the most bytes that the room held of these ports (`span port`) while it ran. */
async function follow(subject: Subject, run: SubjectRun, line: string, ports: ReadonlySet<string>) {
  const plan = planOn(subject, run);
  const post = vi.spyOn(Room.prototype, 'post');
  const { leaked } = await runOn(subject, run);
  expect(leaked).toBe(0);
  const spans = new Map<number, string>();
  const held = new Map<number, number>();
  let peak = 0;
  const note = (request: Request): void => {
    if (request.op === 'compile') spans.set(request.session.session, request.session.label);
    if (request.op === 'free') for (const id of request.ids) held.delete(id);
    if (request.op !== 'run') return;
    const span = spans.get(request.run.session);
    for (const [port, { id, type, shape }] of Object.entries(request.run.outputs))
      if (ports.has(`${span} ${port}`))
        held.set(
          id,
          shape.reduce((a, b) => a * b, ELEMENT_BYTES[type]),
        );
    peak = Math.max(
      peak,
      [...held.values()].reduce((a, b) => a + b, 0),
    );
  };
  expect(post.mock.calls.length).toBeGreaterThan(20);
  for (const [request] of post.mock.calls) note(request as Request);
  post.mockRestore();
  return { planned: lineOf(plan, line), peak };
}

const plugin = (needs: Needs, hooks: Hooks = {}): Plugin => ({
  name: 'somebody',
  contract: CONTRACT,
  needs: () => needs,
  setup: () => hooks,
});

/** Looks at stations in every pass, and changes nothing. */
const looking = (...stations: readonly string[]): Plugin =>
  plugin(
    { cuts: stations },
    {
      trunk: async (call, next) => {
        for (const station of stations) await call.cursor.advance(station);
        return next(call);
      },
    },
  );

/** So slow a machine that every block is a span of its own. */
const slow = { settings: { maxRunSeconds: 1, flopsPerSecond: 100 } };

describe('what a plan says lives between spans is what lives there, to the byte', () => {
  it.each<[string, Subject, SubjectRun, number]>([
    ['nothing in one span', wan, {}, 0],
    ['what a block reads and makes, where every block is a span', wan, slow, 2 * WAN],
    ['no more in one branch', wan, { ...slow, guidance: cfg({ scale: 1 }) }, 2 * WAN],
    ['a value that somebody looks at, in each branch', wan, { plugins: [looking('blocks.1')] }, 4 * WAN],
    ['two values and those between', wan, { ...slow, plugins: [looking('blocks.1', 'blocks.3')] }, 6 * WAN],
    [
      'the tap of a block and the stream beside it',
      wan,
      { plugins: [looking('blocks.1.attn_out')] },
      5 * WAN,
    ],
  ])('%s', async (_, subject, run, bytes) => {
    const { planned, peak } = await between(subject, run);
    expect([planned, peak]).toEqual([bytes, bytes]);
  });

  it.each<[string, SubjectRun]>([
    ['a branch that goes on from another', {}],
    ['a fork where every block is a span', slow],
    ['a fork, and a value that somebody looks at', { ...slow, plugins: [looking('blocks.1')] }],
    ['a fork at a value that somebody looks at', { plugins: [looking('blocks.0')] }],
    [
      'two that go on from the same',
      {
        guidance: weighted({
          branches: [
            ...toyBranches,
            { name: 'other', text: 'uncond', fork: { from: 'cond', at: 'blocks.0' } },
          ],
          weights: { uncond: -0.5, perturbed: -0.25, isolated: -0.25, other: -0.1 },
        }),
      },
    ],
    [
      'one that goes on from one that goes on',
      {
        ...slow,
        guidance: weighted({
          branches: [
            ...toyBranches,
            {
              name: 'other',
              text: 'cond',
              variant: 'skip-attention',
              fork: { from: 'perturbed', at: 'blocks.2' },
            },
          ],
          weights: { uncond: -0.5, perturbed: -0.25, isolated: -0.25, other: -0.1 },
        }),
      },
    ],
  ])('%s', async (_, run) => {
    const { planned, peak } = await between(toy, run);
    expect(peak).toBe(planned);
    expect(peak % TOY).toBe(0);
    expect(peak).toBeGreaterThan(0);
  });
});

describe('where plugins do less than they might, a plan says too much and never too little', () => {
  const options = {
    tap: 'blocks.0.attn_out',
    groups: { video: new Int32Array(12), audio: new Int32Array(3) },
    strides: [1],
    early: 0,
    late: 0,
    reuse: [false, false, true, false],
  };
  it('what nobody looked at goes when its pass ends', async () => {
    const { planned, peak } = await between(wan, { plugins: [plugin({ cuts: ['blocks.1'] })] });
    expect([planned, peak]).toEqual([4 * WAN, 2 * WAN]);
  });

  it.each<[string, SubjectRun]>([
    ['nobody looks at what was asked for', { plugins: [plugin({ cuts: ['blocks.1'] })] }],
    ['followers run no probe', { plugins: [groupedReuse(options)] }],
    ['a block hook', { plugins: [plugin({ blocks: true }, { block: (call, next) => next(call) })] }],
    [
      'a block hook that asked for nothing',
      { ...slow, plugins: [plugin({}, { block: (call, next) => next(call) })] },
    ],
    [
      'a trunk hook that asked for nothing',
      { ...slow, plugins: [plugin({}, { trunk: (call, next) => next(call) })] },
    ],
  ])('%s', async (_, run) => {
    const { planned, peak } = await between(toy, { steps: 4, ...run });
    expect(peak).toBeLessThanOrEqual(planned);
    expect(peak).toBeGreaterThan(0);
  });
});

describe('what is computed once is computed once, and kept once', () => {
  const unforked = toyBranches.map(({ name, text, ...rest }) => ({
    ...{ name, text },
    ...('variant' in rest ? { variant: rest.variant } : {}),
  }));
  const weights = { uncond: -0.5, perturbed: -0.25, isolated: -0.25 };

  it.each(['run', 'step'] as const)('a %s keeps what the plan says, to the byte', async (lasts) => {
    for (const [subject, run] of [
      [wan, slow],
      [toy, { ...slow, guidance: weighted({ branches: unforked, weights }) }],
      [await wanLikeSubject(5, 'bfloat16'), { settings: { weights: 'mapped' } }],
    ] as const) {
      const { planned, peak } = await madeOnce(subject, run, lasts);
      expect(peak).toBe(planned);
      expect(peak).toBeGreaterThan(0);
    }
  });

  it('text runs once for each text, whatever graphs its branches have', async () => {
    const { ledger } = await runOn(toy, { steps: 3 });
    const runs = ledger.passes.flatMap(({ branch, spans }) =>
      spans.flatMap((id) => (/\/(run|step)\./.test(id) ? [`${branch} ${id}`] : [])),
    );
    const steps = ['cond plain/step.0', 'cond plain/step.1'];
    expect(runs).toEqual([...steps, 'cond plain/run.0', 'uncond plain/run.0', ...steps, ...steps]);
  });

  it('a branch predicts from shared spans what it predicts alone, byte by byte', async () => {
    const seen: Record<string, Streams<HostTensor>> = {};
    const reading = (key: string): Plugin => ({
      ...plugin({}),
      setup: ({ readBack }) => ({
        forward: async (call, next) => {
          const out = await next(call);
          for (const [stream, { shape, ...tensor }] of Object.entries(out)) {
            const data = await readBack({ shape, ...tensor });
            seen[key + call.branch] = {
              ...seen[key + call.branch],
              [stream]: { type: 'float32', shape, data },
            };
          }
          return out;
        },
      }),
    });
    await runOn(toy, {
      steps: 1,
      guidance: weighted({ branches: unforked, weights }),
      plugins: [reading('all ')],
    });
    for (const branch of unforked) {
      await runOn(toy, { steps: 1, guidance: only(branch), plugins: [reading('alone ')] });
      const [all = {}, alone = {}] = [seen[`all ${branch.name}`], seen[`alone ${branch.name}`]];
      expect(Object.keys(all)).toEqual(['video', 'audio']);
      expect(sameBytes(all, alone)).toBe(true);
    }
  });
});
