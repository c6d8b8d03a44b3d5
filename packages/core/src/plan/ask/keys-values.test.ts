import { describe, expect, it } from 'vitest';
import type { KeyValueForm } from '../../graph/weights.js';
import type { SavedRun } from '../../loop/saved/saved-run.js';
import type { Plugin } from '../../spec/plugin.js';
import { faultOf } from '../../testing/fault.js';
import { groupedReuse } from '../../testing/plugins/grouped-reuse.js';
import { wanLikeSubject } from '../../testing/small/wan-like.js';
import { errorOf, planOn, runOn, sameBytes } from '../../testing/subject.js';
import type { PlanSettings } from '../plan.js';

const subject = await wanLikeSubject(3);
const N = subject.models[0]?.spec.rows(subject.grid).video ?? 0;
const D = 8;

/** Half of the tokens compute every second step only. */
const partial = (): Plugin =>
  groupedReuse({
    tap: 'blocks.0.attn_out',
    groups: { video: Int32Array.from({ length: N }, (_, i) => i % 2) },
    reuse: [],
    strides: [1, 2],
    early: 1,
    late: 1,
  });

const of = (keysValues?: KeyValueForm) => ({
  plugins: [partial()],
  ...(keysValues ? { settings: { keysValues } } : {}),
});
const lineOf = (keysValues?: KeyValueForm) =>
  planOn(subject, of(keysValues)).memory.find(({ what }) => what.startsWith('keys and values'));

/** Three blocks, keys and values, two branches. */
const ROWS = 3 * 2 * 2 * N;

describe('keys and values', () => {
  it('in float32 are what they are without the option, to the bit', async () => {
    const [named, unnamed] = [await runOn(subject, of('float32')), await runOn(subject, of())];
    expect(sameBytes(named.latents, unnamed.latents)).toBe(true);
    expect(lineOf()).toMatchObject({ what: 'keys and values, 2 branches', bytes: ROWS * 4 * D });
  });

  it.each([
    ['float16', 2 * D, 1e-3],
    ['int8', D + 4, 3e-2],
  ] as const)(
    'in %s take the bytes that the plan prints and come near the exact run',
    async (form, row, bound) => {
      expect(lineOf(form)).toMatchObject({
        what: `keys and values in ${form}, 2 branches`,
        bytes: ROWS * row,
      });
      const [exact, kept] = [await runOn(subject, of()), await runOn(subject, of(form))];
      const error = errorOf(kept.latents, exact.latents);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(bound);
      expect(exact.heldBytes - kept.heldBytes).toBe(ROWS * (4 * D - row));
      expect(kept.leaked).toBe(0);
    },
  );

  it.each(['float16', 'int8'] as const)('in %s are saved and resumed to the same bytes', async (form) => {
    const saved: SavedRun[] = [];
    const whole = await runOn(subject, of(form), {
      afterStep: async (_, save) => {
        saved.push(await save());
      },
    });
    const resume = saved[2];
    if (!resume) throw new Error('nothing was saved');
    const again = await runOn(subject, of(form), { resume });
    expect(sameBytes(again.latents, whole.latents)).toBe(true);
    await expect(runOn(subject, of(), { resume })).rejects.toThrow('made otherwise');
  });

  it.each(['float16', 'int8'] as const)(
    'in %s of rows that are all computed do not depend on the set',
    async (form) => {
      const whole: Plugin = { name: 'rows', contract: 1, needs: () => ({ rows: true }), setup: () => ({}) };
      const every: Plugin = {
        ...whole,
        setup: () => ({
          evaluate: (call, next) =>
            next({ ...call, rows: { video: Int32Array.from({ length: N }, (_, i) => i) } }),
        }),
      };
      const settings = { keysValues: form };
      const [a, b] = [
        await runOn(subject, { plugins: [whole], settings }),
        await runOn(subject, { plugins: [every], settings }),
      ];
      expect(sameBytes(a.latents, b.latents)).toBe(true);
    },
  );

  it('that do not fit are refused, with what would take fewer bytes', () => {
    const remedy = (plugins: readonly Plugin[], settings: Partial<PlanSettings> = {}): string =>
      faultOf(() => planOn(subject, { plugins, settings: { memoryBytes: 10, ...settings } })).lines.do;
    const last = 'use fewer frames or a smaller size';
    const leading = 'let grouped-reuse sync the leading branch only';
    expect(remedy([partial()])).toBe(
      `keep keysValues in float16 or int8, or ${leading}, or use mapped weights, or ${last}`,
    );
    const least = { weights: 'mapped', keysValues: 'int8' } as const;
    expect(remedy([partial()], least)).toBe(`${leading}, or ${last}`);
    expect(remedy([], { weights: 'mapped' })).toBe(last);
  });

  it('in a form that is unknown, or that the device lacks, are refused', () => {
    const asked =
      (keysValues: KeyValueForm, device: 'cpu' | 'webgpu' = 'cpu') =>
      () =>
        planOn(subject, { plugins: [partial()], settings: { keysValues, device } });
    expect(asked('int4' as 'int8')).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: plan: keys and values cannot be kept in int4
        have   keysValues: int4
        need   float32, float16, int8
        do     did you mean 'int8'?]
    `);
    expect(asked('int8', 'webgpu')).toThrow("set keysValues to 'float32', or run on the CPU");
    expect(asked('float32', 'webgpu')).not.toThrow();
  });
});
