import { unipc } from '@skipstone/core';
import { groupedReuse, middleSkip, modelLaws, pluginLaws } from '@skipstone/core/testing';
import { describe, it } from 'vitest';
import { goldenSubject } from './test-kit/golden-subject.js';

const reuse = Array.from({ length: 12 }, (_, i) => i % 2 === 1);
const skips = Array.from({ length: 12 }, (_, i) => i > 2 && i % 3 !== 0);
const video = Int32Array.from({ length: 24 }, (_, i) => i % 3);
const between = { from: 'blocks.0', to: 'blocks.1' };

describe.each([
  ['run-ltx2-3', {}],
  ['ltx2-3', { firstFrame: true }],
  ['ltx2-0', { crossTimestep: false }],
  ['ltx2-0-interleaved', {}],
] as const)('%s obeys the laws', async (name, options) => {
  const own = await goldenSubject(name, options);
  it.each(modelLaws(own))('$name', (law) => law.check());
});

describe.each([
  ['audio always active', { video }],
  ['both streams in groups', { video, audio: Int32Array.from({ length: 9 }, (_, i) => i % 3) }],
])('plugins obey theirs on two streams, %s', async (_, groups) => {
  const own = await goldenSubject('run-ltx2-3');
  const grouped = { tap: 'blocks.0.cross_attn_out', groups, early: 4, late: 1 };
  it.each(
    pluginLaws(own, {
      name: 'grouped-reuse',
      on: () => groupedReuse({ ...grouped, reuse, strides: [1, 2, 4] }),
      off: () => groupedReuse({ ...grouped, reuse: [], strides: [1, 1, 1] }),
      warmup: 1,
      hit: (d) => d.key === 'reuse' && d.value === true,
    }),
  )('$name', (law) => law.check());
});

describe('a middle may be skipped', async () => {
  const own = await goldenSubject('run-ltx2-3');
  it.each(
    pluginLaws(own, {
      name: 'middle-skip',
      on: () => middleSkip({ ...between, skips, decided: 'before' }),
      off: () => middleSkip({ ...between, skips: [], decided: 'before' }),
      warmup: 3,
      hit: (d) => d.key === 'skip' && d.value === true,
      sampler: unipc,
    }),
  )('$name', (law) => law.check());
});
