import { keptAttention } from '@skipstone/bench';
import { computedShare } from '@skipstone/core';
import { planOn, runOn } from '@skipstone/core/testing';
import { describe, expect, it } from 'vitest';
import { GOLDEN_SUBJECTS } from '../test-kit/matrix/golden-subjects.js';

/** What every adapter's blocks offer, in the order of the line; the empty name is the block's end. */
const BLOCK = [
  ...['block_in', 'attn_in', 'attn_out', 'attn_gated', 'attended', 'cross_attn_in', 'cross_attn_out'],
  ...['mlp_in', 'mlp_out', 'mlp_gated', '', 'block_out'],
];
/** Stations to go on from, the rest are to look at. */
const HIDDEN = ['attended', ''];
/** What a family has beside them. */
const MORE = /^(cross_attn_gated|av_attn_(in|out|gated))$/;

describe.each(Object.entries(GOLDEN_SUBJECTS))('%s', async (_, open) => {
  const subject = await open();
  const main = planOn(subject).phases[0]?.main;
  const spec = subject.models[0]?.spec;

  it('offers the stations of every adapter, all streams at each', () => {
    if (!main || !spec) throw new Error('no plan');
    const outside = [...main.stations.keys()].filter((name) => !name.startsWith('blocks.'));
    expect(outside).toEqual(expect.arrayContaining(['embed', 'trunk', 'head_in']));
    for (let i = 0; i < spec.blocks; i++) {
      const own = [...main.stations].flatMap(([name, station]) => {
        const [, rest] = new RegExp(`^blocks\\.${i}(?:\\.(.*))?$`).exec(name) ?? [name, undefined];
        return name.startsWith(`blocks.${i}`) ? [{ rest: rest ?? '', station }] : [];
      });
      expect(own.map(({ rest }) => rest).filter((rest) => !MORE.test(rest))).toEqual(BLOCK);
      for (const { rest, station } of own) {
        expect(station.kind, rest).toBe(HIDDEN.includes(rest) ? 'hidden' : 'tap');
        expect(Object.keys(station.values).sort(), rest).toEqual(Object.keys(spec.streams).sort());
      }
    }
  });

  it('leaves out what lies before `attended` where a plugin jumps there', async () => {
    const run = { steps: 3, plugins: [keptAttention({ early: 1, every: 3 })] };
    const [plan, { ledger, leaked }] = [planOn(subject, run), await runOn(subject, run)];
    expect(computedShare(plan, ledger).whole).toBeLessThan(0.999);
    expect(leaked).toBe(0);
  });
});
