import { describe, expect, it } from 'vitest';
import { only } from '../guidance/only.js';
import { unipc } from '../sampler/unipc.js';
import type { Branch } from '../spec/guidance.js';
import type { PassBuilder } from '../spec/pass.js';
import type { Needs, Plugin } from '../spec/plugin.js';
import { asking, phaseOf, planFor } from '../testing/small/toy-plan.js';
import { wanLike } from '../testing/small/wan-like.js';
import type { PhaseRequest, PlanRequest } from './plan.js';

describe('a plan refuses', () => {
  const refused = (request: Partial<PlanRequest>, phase: Partial<PhaseRequest> = {}) =>
    expect(() => planFor(request, phase));
  const needing = (needs: Needs) => refused({ plugins: [asking(needs)] });

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

  it.each([
    ['null', null, 'plugins is no list of plugins\n  have   null\n'],
    ['a text', 'hsa:50', "plugins is no list of plugins\n  have   the text 'hsa:50'\n"],
    ['a plugin alone', asking({}), 'plugins is no list of plugins\n'],
    ['a promise of a list', Promise.resolve([]), 'have   a promise\n'],
    ['a text in the list', [asking({}), 'hsa'], "plugins[1] is no plugin\n  have   the text 'hsa'\n"],
    ['nothing in the list', [null], 'plugins[0] is no plugin\n  have   null\n'],
    ['a function in the list', [() => asking({})], 'plugins[0] is no plugin\n  have   a function'],
    ['a promise in the list', [Promise.resolve(asking({}))], 'do     await it first'],
  ])('%s for plugins', (_, plugins, message) => {
    refused({ plugins: plugins as never }).toThrow(message);
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
      emit: (p: PassBuilder) => {
        const x = p.add('x', p.latents('video'), p.mean('text', p.condition('text'), 0));
        p.station('embed', { video: x });
        const side = p.cos('side', x);
        p.station('blocks.0', { video: p.sin('blocks.0.out', side) });
        p.station('trunk', { video: p.add('late', p.sin('again', side), side) });
        p.output('video', side);
      },
    };
    const asked = asking({ jumps: [{ from: 'embed', to: 'blocks.0', decided: 'inside' }] });
    const conditions = { text: { shape: ['S', 4] } };
    refused({ plugins: [asked] }, { spec: { ...spec, conditions } }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: a pass cannot jump from embed to blocks.0
        have   side is made in between and read later
        need   two hidden stations in the order of the pass, with nothing but hidden streams alive at the second
        do     jump between ends of blocks (blocks.<i>, embed, trunk)]
    `);
  });

  it('a plugin of another contract', () => {
    const old = { ...asking({}), contract: 0 } as unknown as Plugin;
    refused({ plugins: [old] }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: it was written for another version of the plugin contract
        have   contract 0
        need   contract 1
        do     update somebody, or use the @skipstone/core it was made for]
    `);
  });

  it('the same plugin twice', () => {
    refused({ plugins: [asking({}), asking({}, 'other'), asking({})] }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: it is in the list twice
        have   somebody, other, somebody
        need   each plugin once
        do     remove one of them]
    `);
  });

  it('rows that take any steps with a sampler that reads its past', () => {
    const any = asking({ rows: true, steps: 'any' });
    refused({ plugins: [any], sampler: unipc() }).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: somebody: it cannot say a token's next step, which unipc must know
        have   unipc, which reads 2 past predictions on one grid
        need   a sampler without memory, or a plugin that integrates groups on their own grids
        do     use the euler sampler, or give the plugin fixed groups]
    `);
    expect(planFor({ plugins: [any] }).phases.length).toBe(1);
    expect(planFor({ plugins: [asking({ steps: 'own-grid' })], sampler: unipc() }).phases.length).toBe(1);
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
    expect(planFor({ plugins: [asking({ align: { of: 'all', leader: 'uncond' } })] }).phases.length).toBe(1);
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
        need   0.00 GiB, most of it for latents, predictions, sampler history (0.00 GiB)
        do     use mapped weights, or use fewer frames or a smaller size]
    `);
    refused({ settings: { ...settings, weights: 'mapped', memoryBytes: 2 ** 10 } }).toThrow(
      'use fewer frames or a smaller size',
    );
    refused({ settings: { ...settings, memoryBytes: peakBytes - 1 } }).toThrow('does not fit');
    expect(planFor({ settings: { ...settings, memoryBytes: peakBytes } }).peakBytes).toBe(peakBytes);
  });
});
