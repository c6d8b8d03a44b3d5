import { describe, expect, it } from 'vitest';
import type { Cursor, Needs, Plugin } from '../../spec/plugin.js';
import type { Tensor } from '../../spec/tensor.js';
import { run } from '../../testing/small/two-branches.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { sameBytes } from '../../testing/subject.js';

type When = 'on the way' | 'after the pass';

/** Reads the hidden streams behind block 2, early or late. */
function looking(when: When, seen: (readonly number[])[], needs: Needs = { outputs: ['blocks.2'] }): Plugin {
  let cursor: Cursor | undefined;
  return plugin(
    'looking',
    ({ readBack }) => {
      const look = async (): Promise<void> => {
        const { video } = (await cursor?.advance('blocks.2')) ?? {};
        seen.push([...(await readBack(video as Tensor))]);
      };
      return {
        trunk: async (call, next) => {
          ({ cursor } = call);
          if (when === 'on the way') await look();
          return next(call);
        },
        forward: async (call, next) => {
          const prediction = await next(call);
          if (when === 'after the pass') await look();
          return prediction;
        },
      };
    },
    needs,
  );
}

describe('a station that was asked for', () => {
  it('can be looked at until every hook around its pass is through', async () => {
    const [early, late]: [number[][], number[][]] = [[], []];
    const [one, two] = [
      await run([looking('on the way', early)]),
      await run([looking('after the pass', late)]),
    ];
    expect(late.length).toBeGreaterThan(2);
    expect(late).toEqual(early);
    expect(sameBytes(one.latents, two.latents)).toBe(true);
  });

  it('that stays inside a session says so to who reads it', async () => {
    const reading = run([looking('on the way', [], {})], { steps: 1 });
    await expect(reading).rejects.toMatchObject({ code: 'station-hidden' });
  });
});
