import { describe, expect, it } from 'vitest';
import type { Needs, Plugin } from '../../spec/plugin.js';
import { run } from '../../testing/small/two-branches.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { sameBytes } from '../../testing/subject.js';

describe('a block hook', () => {
  const BLOCKS: Needs = { blocks: true };

  /** Runs every block, and notes which. */
  const noting = (seen: string[], name = 'noting'): Plugin =>
    plugin(
      name,
      () => ({
        block: async (call, next) => {
          await call.decide('compute', () => true);
          seen.push(`${call.step} ${call.branch} ${call.index}`);
          return next(call);
        },
      }),
      BLOCKS,
    );

  it('is called for each block of each pass, decides for each, and changes nothing', async () => {
    const seen: string[] = [];
    const [with_, without] = [await run([noting(seen)], { steps: 1 }), await run([], { steps: 1 })];
    expect(sameBytes(with_.latents, without.latents)).toBe(true);
    expect(seen).toEqual(['cond', 'uncond'].flatMap((branch) => [0, 1, 2, 3].map((i) => `0 ${branch} ${i}`)));
    expect(with_.ledger.decisions.slice(0, 2).map(({ key }) => key)).toEqual([
      'blocks.0.compute',
      'blocks.1.compute',
    ]);
  });

  it('that does not go on skips its block', async () => {
    const skipping = plugin(
      'skipping',
      () => ({ block: async (call, next) => (call.index === 2 ? call.hidden : next(call)) }),
      BLOCKS,
    );
    const { ledger } = await run([skipping], { steps: 1 });
    const spans = ledger.passes[0]?.spans.filter((span) => /blocks|end/.test(span));
    expect(spans).toEqual(['plain/blocks.0', 'plain/blocks.1', 'plain/blocks.3', 'plain/end']);
  });

  it('is not asked about blocks that a plugin further out went by', async () => {
    const seen: string[] = [];
    const probing = plugin(
      'probing',
      () => ({
        trunk: async (call, next) => {
          await call.cursor.advance('blocks.1');
          return next(call);
        },
      }),
      { cuts: ['blocks.1'] },
    );
    const [both, alone] = [await run([probing, noting(seen)], { steps: 1 }), await run([], { steps: 1 })];
    expect(sameBytes(both.latents, alone.latents)).toBe(true);
    expect(seen).toEqual(['0 cond 2', '0 cond 3', '0 uncond 2', '0 uncond 3']);
  });

  it('is asked about the block that a plugin further out looked into', async () => {
    const seen: string[] = [];
    const probing = plugin(
      'probing',
      () => ({
        trunk: async (call, next) => {
          await call.cursor.advance('blocks.1.attn_out');
          return next(call);
        },
      }),
      { cuts: ['blocks.1.attn_out'] },
    );
    const [both, alone] = [await run([probing, noting(seen)], { steps: 1 }), await run([], { steps: 1 })];
    expect(sameBytes(both.latents, alone.latents)).toBe(true);
    expect(seen[0]).toBe('0 cond 1');
  });

  it('goes on behind a jump of a plugin further out', async () => {
    const seen: string[] = [];
    const jumping = plugin(
      'jumping',
      () => ({
        trunk: async (call, next) => {
          await call.cursor.jump('blocks.2', call.hidden);
          return next(call);
        },
      }),
      { jumps: [{ from: 'embed', to: 'blocks.2', decided: 'inside' }] },
    );
    const both = await run([jumping, noting(seen)], { steps: 1 });
    const alone = await run([jumping], { steps: 1 });
    expect(sameBytes(both.latents, alone.latents)).toBe(true);
    expect(seen).toEqual(['0 cond 3', '0 uncond 3']);
  });
});
