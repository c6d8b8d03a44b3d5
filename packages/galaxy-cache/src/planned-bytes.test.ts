import { cfg, euler, type ModelSpec, makePlan, type PhaseRequest, scheduleNamed } from '@skipstone/core';
import { leaderDecides } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import { galaxyCache } from './galaxy-cache.js';
import type { GalaxyCacheOptions } from './options.js';

const GiB = 2 ** 30;
const ROWS = 75_600;
/** Of Wan2.1-14B what counts here: rows of 5120 values, 64 in a patch, and as many tokens as at 1280×720, 81 frames. */
const wan14b: ModelSpec = {
  name: 'as wide as Wan2.1-14B',
  streams: { video: { patch: 64, width: 5120 } },
  blocks: 1,
  conditions: { text: { shape: [1, 5120] } },
  clocks: {},
  variants: [],
  tables: () => ({}),
  tableSpecs: {},
  rows: ({ frames, height, width }) => ({ video: (frames * height * width) / 4 }),
  patchify: (latents) => latents,
  unpatchify: (rows) => rows,
  emit: (p) => {
    const hidden = p.linear('embed', p.latents('video'), { in: 64, out: 5120 });
    p.station('embed', { video: hidden });
    p.tap('blocks.0.attn_out', { video: hidden });
    const out = p.add('out', hidden, p.condition('text'));
    p.station('blocks.0', { video: out });
    p.station('trunk', { video: out });
    p.output('video', p.linear('head', out, { in: 5120, out: 64 }));
  },
};

function total(options: Partial<GalaxyCacheOptions>, aligned = true): number {
  const plugin = galaxyCache({ tap: 'attn_out', threshold: 1, ...options });
  const weights: PhaseRequest['weights'] = {
    find: () => ({ kind: 'stored', type: 'float32', range: { bytes: new Uint8Array(4) } }),
  };
  const phase = { name: 'all', spec: wan14b, weights, from: 0, to: 9, guidance: cfg({ scale: 5 }) };
  const plan = makePlan({
    phases: [phase],
    grid: { frames: 21, height: 90, width: 160 },
    lengths: {},
    schedule: scheduleNamed('euler-flow', { steps: 9, shift: 3 }),
    sampler: euler(),
    plugins: aligned ? [leaderDecides(), plugin] : [plugin],
    settings: {
      ...{ device: 'cpu', compute: 'float32', weights: 'mapped' },
      ...{ decompose: new Set(), flopsPerSecond: 1e9 },
    },
  });
  const lines = plan.memory.filter(({ what }) => what.startsWith('galaxy-cache: '));
  return lines.reduce((sum, { bytes }) => sum + bytes, 0);
}

test.each<[string, Partial<GalaxyCacheOptions>, number]>([
  ['as the paper reuses, float32', {}, 4.33],
  ['in 16 bits', { storage: { residual: 'bfloat16', proxy: 'bfloat16' } }, 2.16],
  ['in 8 bits', { storage: { residual: 'int8', proxy: 'int8' } }, 1.08],
  ['output space', { space: 'output' }, 1.48],
  ['output space, proxy in 16 bits', { space: 'output', storage: { proxy: 'bfloat16' } }, 0.76],
  ['output space, proxy in 8 bits', { space: 'output', storage: { proxy: 'int8' } }, 0.4],
])('Wan2.1-14B at 720p, %s: GiB', (_, options, want) => {
  expect(total(options) / GiB).toBeCloseTo(want, 2);
});

test('the paper keeps four 16-bit tensors, 2.88 GiB; a quarter of it is enough', () => {
  const paper = 4 * 2 * ROWS * 5120;
  expect(paper / GiB).toBeCloseTo(2.88, 2);
  expect(total({ space: 'output', storage: { proxy: 'int8' } })).toBeLessThan(paper / 4);
});

test('branches that decide alone keep a proxy each, and a line through two steps needs both', () => {
  const one = 4 * ROWS * 5120;
  expect(total({}, false)).toBe(4 * one);
  expect(total({ predictor: 'extrapolated' })).toBe(5 * one);
});
