import { describe, expect, it } from 'vitest';
import { uniteNeeds } from '../plan/ask/needs.js';
import { type PassPlan, planPass } from '../plan/cut/pass-plan.js';
import type { ModelSpec } from '../spec/model.js';
import { CONTRACT, type Needs } from '../spec/plugin.js';
import { pretendWeights, wanLike } from '../testing/small/wan-like.js';
import { toySpec } from '../testing/toy/spec.js';
import { dumpGraph } from './dump.js';
import { type PassGraph, recordPass } from './pass-graph.js';
import type { EmitOptions, StoredWeight } from './weights.js';
import { FUSED_OPERATORS } from './weights.js';

interface Form {
  readonly variant?: string;
  readonly rows?: boolean;
  readonly needs?: Needs;
  readonly options?: Partial<EmitOptions>;
  readonly stored?: StoredWeight['type'];
}

const OPTIONS: EmitOptions = { compute: 'float32', weights: 'packed', decompose: new Set() };
const GATED: Needs = { jumps: [{ from: 'embed', to: 'blocks.0', decided: 'before' }] };

function recorded(spec: ModelSpec, form: Form = {}): PassGraph {
  const { variant = 'plain', rows = false } = form;
  return recordPass(spec, { variant, rows }, pretendWeights(form.stored), { ...OPTIONS, ...form.options });
}

function planned(spec: ModelSpec, form: Form = {}): PassPlan {
  const graph = recorded(spec, form);
  const plugin = { name: 'somebody', contract: CONTRACT, setup: () => ({}) } as const;
  const needs = uniteNeeds([{ plugin, needs: form.needs ?? {} }], graph.stations, spec.blocks);
  const bounds = {
    maxHeldBytes: Number.POSITIVE_INFINITY,
    flopsPerSecond: 1,
    sizes: new Map(),
    heldBytes: () => 0,
  };
  return planPass(graph, needs, bounds);
}

const text = (plan: PassPlan): string =>
  [...plan.run, ...plan.step, ...plan.pass].map((span) => dumpGraph(span.graph)).join('\n');

describe('an emitted pass as text', () => {
  it.each<[string, ModelSpec, Form]>([
    ['toy, plain', { ...toySpec }, {}],
    ['wan-like, plain', wanLike(), {}],
    ['wan-like, rows', wanLike(), { rows: true }],
    ['wan-like, gated', wanLike(), { needs: GATED }],
    [
      'wan-like, gated, float16',
      wanLike(),
      { needs: GATED, options: { compute: 'float16' }, stored: 'float16' },
    ],
    ['wan-like, mapped bfloat16', wanLike(), { options: { weights: 'mapped' }, stored: 'bfloat16' }],
    ['wan-like, decomposed', wanLike(), { options: { decompose: new Set(FUSED_OPERATORS) } }],
  ])('%s', async (name, spec, form) => {
    const file = `./__snapshots__/${name.replaceAll(', ', '.').replaceAll(' ', '-')}.txt`;
    await expect(text(planned(spec, form))).toMatchFileSnapshot(file);
  });
});

describe('names', () => {
  it('each weight is read by the node of its own path', () => {
    const { recorder } = recorded(wanLike(2), { stored: 'float16', options: { weights: 'mapped' } });
    const casts = new Map(
      recorder.nodes.filter(({ op }) => op === 'Cast').map((n) => [n.outputs[0], n.inputs[0]]),
    );
    const readers = new Map<string, string[]>();
    for (const node of recorder.nodes) {
      if (node.op === 'Cast') continue;
      for (const input of node.inputs) {
        const name = casts.get(input) ?? input;
        if (recorder.initializers.get(name)?.type === 'float16')
          readers.set(name, [...(readers.get(name) ?? []), node.name]);
      }
    }
    const paths = [...readers].map(([weight, nodes]) => [weight.replace(/\.(weight|bias)$/, ''), nodes]);
    expect(paths).toEqual(paths.map(([path]) => [path, [path]]));
    expect(readers.size).toBe(8 + 2 * 14);
  });

  it('stations stand in the order of the pass, taps and ends of blocks where the adapter put them', () => {
    const { stations } = recorded(wanLike(2));
    expect(stations.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'tap start',
      'hidden embed',
      'tap blocks.0.attn_out',
      'hidden blocks.0',
      'tap blocks.1.attn_out',
      'hidden blocks.1',
      'hidden trunk',
      'tap end',
    ]);
  });

  it('a pass with rows says so, and so does a variant', () => {
    expect(recorded(wanLike(), { rows: true }).form).toBe('rows');
    expect(recorded(toySpec, { variant: 'isolated' }).form).toBe('isolated');
    expect(recorded(toySpec, { variant: 'isolated', rows: true }).form).toBe('isolated+rows');
  });
});
