import { describe, expect, it } from 'vitest';
import { ltxDistilled, ltxFlow } from './schedule.js';

describe('the grid', () => {
  it('begins at 1, ends at 0.1 before 0, and spends more steps at high noise for more tokens', () => {
    const few = ltxFlow({ steps: 30, tokens: 1024 }).sigmas;
    const many = ltxFlow({ steps: 30, tokens: 6144 }).sigmas;
    expect(few).toHaveLength(31);
    for (const sigmas of [few, many]) {
      expect(sigmas[0]).toBe(1);
      expect(sigmas.at(-2)).toBeCloseTo(0.1, 6);
      expect(sigmas.at(-1)).toBe(0);
    }
    expect(many[15]).toBeGreaterThan((few[15] ?? 1) + 0.1);
  });

  it('of one step is from noise to nothing', () => {
    expect(ltxFlow({ steps: 1, tokens: 24 }).sigmas).toEqual([1, 0]);
  });

  it('of distilled models has 8 steps, or the last 3', () => {
    expect(ltxDistilled({ steps: 8 }).sigmas).toHaveLength(9);
    expect(ltxDistilled({ steps: 3 }).sigmas.map((s) => Number(s.toFixed(6)))).toEqual([
      0.909375, 0.725, 0.421875, 0,
    ]);
    expect(() => ltxDistilled({ steps: 4 })).toThrow(/8, or 3/);
    expect(() => ltxFlow({ steps: 0, tokens: 24 })).toThrow(/from 1 to 1000/);
  });
});
