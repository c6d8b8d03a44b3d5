import type { Plugin } from '@skipstone/core';
import { groupedReuse, middleSkip, pluginLaws, runOn, toySubject } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { easyCache } from './easy-cache.js';
import { teaCache } from './tea-cache.js';

const tap = 'blocks.0.attn_out';
const skips = Array.from({ length: 12 }, (_, i) => i > 3 && i % 3 !== 0);
const middle = (): Plugin => middleSkip({ from: 'blocks.1', to: 'blocks.3', skips, decided: 'inside' });
const groups = { video: Int32Array.from({ length: 12 }, (_, i) => i % 2), audio: Int32Array.of(0, 1, 1) };
const grouped = (): Plugin => groupedReuse({ tap, reuse: [], groups, strides: [1, 2], early: 4, late: 1 });

describe('the laws, on two streams, four branches and two phases', async () => {
  const subject = await toySubject();
  const hit = (row: { readonly key: string; readonly value: unknown }): boolean =>
    row.key === 'reuse' && row.value === true;
  const laws = [
    pluginLaws(subject, {
      name: 'easy-cache',
      on: () => easyCache({ threshold: 2, warmup: 3 }),
      off: () => easyCache({ threshold: 0, warmup: 3 }),
      warmup: 3,
      hit,
      others: [grouped, middle],
    }),
    pluginLaws(subject, {
      name: 'tea-cache',
      on: () => teaCache({ threshold: 2, tap }),
      off: () => teaCache({ threshold: 0, tap }),
      warmup: 1,
      hit,
      others: [grouped, middle],
    }),
  ];
  it.each(laws.flat())('$name', (law) => law.check(), 60_000);

  it('easy-cache: the conditional branch decides for all, the last step computes', async () => {
    const { ledger } = await runOn(subject, { steps: 12, plugins: [easyCache({ threshold: 2, warmup: 3 })] });
    const of = (branch: string) => ledger.decisions.filter((row) => row.branch === branch);
    expect(of('uncond').map(({ value }) => value)).toEqual(of('cond').map(({ value }) => value));
    expect(of('uncond').every(({ follows }) => follows === 'cond')).toBe(true);
    expect(of('cond').at(-1)).toMatchObject({ step: 11, value: false, reason: 'last steps' });
  });
});
