import { cfg } from '@skipstone/core';
import { runOn, sameBytes, toySubject } from '@skipstone/core/testing';
import { expect, test } from 'vitest';
import { firstBlockTaps, ORACLE, type TraceEntry, traceDrift, VELOCITY } from './trace-drift.js';

const TAPS = ['block_in', 'attn_out'];

test('changes nothing, to the bit', async () => {
  const subject = await toySubject(1);
  const plain = await runOn(subject);
  const traced = await runOn(subject, { plugins: [traceDrift({ taps: TAPS, tell: () => {} })] });
  expect(sameBytes(traced.latents, plain.latents)).toBe(true);
  expect(traced.ledger.decisions).toEqual([]);
});

test('tells a change a step from the second on, by branch, and norms from the first', async () => {
  const entries: TraceEntry[] = [];
  const plugin = traceDrift({ taps: TAPS, tell: (entry) => entries.push(entry) });
  await runOn(await toySubject(1), { guidance: cfg({ scale: 4 }), steps: 4, plugins: [plugin] });
  const steps = (kind: string, series: string, branch?: string) =>
    entries
      .filter((one) => one.kind === kind && one.series === series && one.branch === branch)
      .map(({ step }) => step);
  for (const branch of ['cond', 'uncond']) {
    for (const series of [...TAPS, ORACLE, VELOCITY]) {
      expect(steps('change', series, branch), `${branch} ${series}`).toEqual([1, 2, 3]);
    }
    expect(steps('norm', ORACLE, branch)).toEqual([0, 1, 2, 3]);
  }
  expect(steps('change', VELOCITY)).toEqual([1, 2, 3]);
  expect(steps('norm', VELOCITY)).toEqual([0, 1, 2, 3]);
  expect(entries.every(({ value }) => Number.isFinite(value) && value >= 0)).toBe(true);
});

test('tells the velocity of a branch that forks, and no taps of it', async () => {
  const seen = new Set<string>();
  const plugin = traceDrift({ taps: TAPS, tell: ({ branch, series }) => seen.add(`${branch} ${series}`) });
  await runOn(await toySubject(1), { plugins: [plugin] });
  expect([...seen].filter((one) => one.startsWith('perturbed '))).toEqual([
    `perturbed ${ORACLE}`,
    `perturbed ${VELOCITY}`,
  ]);
  expect(seen).toContain('isolated attn_out');
});

test('begins afresh in each phase, whose weights are others', async () => {
  const steps: number[] = [];
  const plugin = traceDrift({
    taps: TAPS,
    tell: ({ kind, series, branch, step }) => {
      if (kind === 'change' && series === ORACLE && branch === 'cond') steps.push(step);
    },
  });
  await runOn(await toySubject(2), { steps: 6, plugins: [plugin] });
  expect(steps).toEqual([1, 2, 4, 5]);
});

test('finds the taps of the first block in the order of the line', () => {
  const stations = [
    'embed',
    'blocks.0.block_in',
    'blocks.0.attn_out',
    'blocks.0',
    'blocks.10.attn_in',
    'trunk',
  ];
  expect(firstBlockTaps(stations)).toEqual(['block_in', 'attn_out']);
});
