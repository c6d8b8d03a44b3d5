import { describe, expect, it } from 'vitest';
import type { Plugin } from '../../spec/plugin.js';
import { groupedReuse } from '../../testing/plugins/grouped-reuse.js';
import { wanLikeSubject } from '../../testing/small/wan-like.js';
import { planOn, runOn, type Subject } from '../../testing/subject.js';
import { toySubject } from '../../testing/toy/subject.js';

const grouped = (subject: Subject): Plugin => {
  const rows = subject.models[0]?.spec.rows(subject.grid) ?? {};
  const groups = Object.fromEntries(
    Object.entries(rows).map(([stream, n]) => [stream, Int32Array.from({ length: n }, (_, i) => i % 2)]),
  );
  const reuse = [false, false, true, false, true, false];
  return groupedReuse({ tap: 'blocks.0.attn_out', groups, reuse, strides: [1, 2], early: 2, late: 1 });
};

/** Bytes of the lines that a plan has with a plugin and not without. */
function planned(subject: Subject, plugin: Plugin): number {
  const held = (plugins: readonly Plugin[]): number =>
    planOn(subject, { plugins })
      .memory.filter(({ kind }) => kind === 'held')
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return held([plugin]) - held([]);
}

describe.each([
  ['the toy, two streams and four branches', await toySubject()],
  ['a model like Wan, keys and values in caches', await wanLikeSubject(3)],
] as const)('on %s', (_, subject) => {
  it('the bytes held between steps rise by what the plan printed', async () => {
    const plugin = grouped(subject);
    const [without, added] = [await runOn(subject), await runOn(subject, { plugins: [plugin] })];
    const more = added.heldBytes - without.heldBytes;
    expect(planned(subject, plugin)).toBeGreaterThan(0);
    expect(Math.abs(more / planned(subject, plugin) - 1)).toBeLessThan(0.02);
  });

  it('every step says what is held, and the result the most of it', async () => {
    const seen: number[] = [];
    const { heldBytes } = await runOn(
      subject,
      {},
      {
        tell: (event) => event.type === 'step' && seen.push(event.heldBytes),
      },
    );
    expect(seen.length).toBe(6);
    expect(Math.min(...seen)).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBe(heldBytes);
  });
});
