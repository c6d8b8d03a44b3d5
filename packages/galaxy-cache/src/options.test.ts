import { faultLines, faultOf } from '@skipstone/core/testing';
import { describe, expect, test } from 'vitest';
import { fromArguments } from './from-arguments.js';
import { type GalaxyCacheOptions, settle } from './options.js';

const linesOf = (make: () => unknown) => faultLines(faultOf(make));

test('what is left out has its default', () => {
  expect(settle({ tap: 'attn_out', threshold: 0.1 })).toEqual({
    station: 'blocks.0.attn_out',
    drift: { threshold: 0.1 },
    predictor: 'residual',
    space: 'hidden',
    storage: { residual: 'float32', proxy: 'float32' },
    stream: undefined,
    target: undefined,
  });
});

test('a whole station is taken as it is', () => {
  expect(settle({ tap: 'blocks.2.mlp_out', threshold: 1 }).station).toBe('blocks.2.mlp_out');
});

describe('the threshold', () => {
  test('has no default, and it is said how to get one', () => {
    expect(linesOf(() => settle({ tap: 'cross_attn_out' }))).toEqual([
      'galaxy-cache-threshold',
      'galaxy-cache: no threshold is known',
      'tap cross_attn_out, no threshold',
      'the sum of relative changes below which a step reuses, for this model and number of steps',
      'pass { threshold }, or run `skipstone calibrate`; or pass { target: { speedup } }',
    ]);
  });

  test('is not needed where a target finds one', () => {
    expect(settle({ tap: 'cross_attn_out', target: { speedup: 2 } }).target).toEqual({
      speedup: 2,
      threshold: undefined,
    });
  });
});

describe('options that do not serve', () => {
  test.each<[string, object, RegExp, RegExp]>([
    ['an unknown one', { treshold: 1 }, /no option treshold/, /did you mean threshold\?/],
    ['a negative threshold', { threshold: -1 }, /threshold has a value/, /documentation of threshold/],
    ['not a number', { threshold: Number.NaN }, /threshold has a value/, /threshold/],
    ['a warm-up of two kinds', { warmup: { steps: 1, sigma: 1 } }, /warmup has a value/, /warmup/],
    ['more than a whole run', { warmup: { fraction: 1.5 } }, /warmup/, /warmup/],
    ['a cap of none', { maxConsecutive: 0 }, /maxConsecutive has a value/, /maxConsecutive/],
    ['an unknown storage', { storage: { proxy: 'fp4' } }, /storage\.proxy has a value/, /storage/],
    ['a speed-up of 1', { target: { speedup: 1 } }, /target\.speedup has a value/, /target/],
    ['a threshold of 0 with a target', { threshold: 0, target: { speedup: 2 } }, /never reuses/, /leave/],
    ['no tap', { tap: undefined }, /shall watch is not clear/, /tap: 'cross_attn_out'/],
  ])('%s', (_, options, what, remedy) => {
    const given = { tap: 'attn_out', threshold: 1, ...options } as GalaxyCacheOptions;
    const lines = linesOf(() => settle(given));
    expect(lines[1]).toMatch(what);
    expect(lines[4]).toMatch(remedy);
  });
});

describe('the command line', () => {
  test('says all options, flat', () => {
    const options = {
      ...{ tap: 'mlp_out', warmupSteps: 3, lastSteps: 1, maxConsecutive: 4, reset: 'subtract', speedup: 2 },
      ...{ predictor: 'extrapolated', space: 'output', residualStorage: 'int8', proxyStorage: 'bfloat16' },
    };
    expect(fromArguments({ values: [0.12], options })).toMatchObject({ name: 'galaxy-cache', contract: 1 });
  });

  test.each([
    ['a warm-up of a share', { warmup: 0.1 }],
    ['a warm-up by noise level', { warmupSigma: 0.9 }],
  ])('takes %s', (_, options) => {
    const plugin = fromArguments({ values: [0.12], options: { tap: 'attn_out', ...options } as never });
    expect(plugin.name).toBe('galaxy-cache');
  });

  test.each([
    [[0.1, 0.2], {}, /one value without a name/, /galaxy-cache:0\.12/],
    [[0.1], { threshold: 1 }, /one value without a name/, /galaxy-cache:0\.12/],
    [[0.1], { warmupStep: 1 }, /no option warmupStep/, /did you mean warmupSteps\?/],
    [['fast'], { tap: 'attn_out' }, /threshold has a value/, /threshold/],
    [[], { tap: 'attn_out' }, /no threshold is known/, /calibrate/],
  ])('refuses %j %j', (values, options, what, remedy) => {
    const lines = linesOf(() => fromArguments({ values, options: options as never }));
    expect(lines[1]).toMatch(what);
    expect(lines[4]).toMatch(remedy);
  });
});
