import { describe, expect, it } from 'vitest';
import { SkipstoneError } from '../error.js';
import { assertQuantised, judgeQuantised, quantisedError } from './quantised-trial.js';

const CASE = { device: 'cpu', weights: 'packed', bits: 8, block: 64 } as const;

describe('the quantised product on the cpu', () => {
  const forms = ([8, 4] as const).flatMap((bits) => [32, 64, 128].map((block) => ({ bits, block })));

  it.each(forms)(
    'with $bits bits in blocks of $block rounds activations where weights are packed',
    async (form) => {
      const error = await quantisedError({ ...CASE, ...form });
      expect(error).toBeGreaterThan(1e-4);
      expect(error).toBeLessThan(0.01);
    },
  );

  it.each(forms)('with $bits bits in blocks of $block is float32 where they are mapped', async (form) => {
    expect(await quantisedError({ ...CASE, ...form, weights: 'mapped' })).toBeLessThan(1e-5);
  });

  it('is trusted', () => expect(assertQuantised(CASE)).resolves.toBeUndefined());
});

describe('a device that cannot be trusted with quantised products', () => {
  it('is refused by its error', () => {
    expect(() => judgeQuantised({ ...CASE, device: 'webgpu' }, 0.0312)).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: webgpu cannot be trusted with 8-bit weights in blocks of 64
        have   3.12 % on a product of known result
        need   an error of at most 2 %
        do     use the cpu, or fp16 or fp32 on this device]
    `);
    expect(() => judgeQuantised(CASE, 0.021)).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: cpu cannot be trusted with 8-bit weights in blocks of 64
        have   2.10 % on a product of known result
        need   an error of at most 2 %
        do     use fp32]
    `);
    expect(() => judgeQuantised(CASE, Number.NaN)).toThrow('cannot be trusted');
    expect(() => judgeQuantised(CASE, 0.02)).not.toThrow();
  });

  it('is refused by what it throws', () => {
    const lines = { code: 'runtime', what: 'it failed', have: 'no such kernel', need: '', do: '' };
    const refused = new SkipstoneError(lines);
    const judge = () =>
      judgeQuantised({ ...CASE, device: 'webgpu', bits: 4 }, Number.POSITIVE_INFINITY, refused);
    expect(judge).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: webgpu cannot be trusted with 4-bit weights in blocks of 64
        have   no such kernel
        need   an error of at most 2 %
        do     use the cpu, or fp16 or fp32 on this device]
    `);
  });
});
