import { describe, expect, it } from 'vitest';
import { faultOf } from '../testing/fault.js';
import { checkOptions } from './options.js';

const refused = (options: object, others?: readonly string[]) =>
  faultOf(() => checkOptions(options, 'config.json', others));

describe('options', () => {
  it('that serve are given back, those of code and those left out aside', () => {
    const json = { prompt: 'a circle', steps: 8, shift: 3, sampler: 'euler' as const, previews: false };
    const code = { plugins: [], signal: AbortSignal.abort(), afterStep: () => {}, replay: undefined };
    expect(checkOptions({ ...json, ...code, seed: undefined }, 'generate')).toEqual(json);
    expect(checkOptions({}, 'generate')).toEqual({});
  });

  it('that nobody knows are refused with the nearest name', () => {
    const error = refused({ promt: 'a circle' });
    expect(error.lines).toMatchObject({
      code: 'unknown-option',
      what: 'config.json: there is no option promt',
      do: 'did you mean prompt?',
    });
    expect(error.lines.need).toContain('prompt, negative, steps');
    expect(refused({ step: 3 }).lines.do).toBe('did you mean steps?');
    expect(refused({ plugin: 3 }).lines.do).toBe('did you mean plugins?');
  });

  it('of code are refused where JSON speaks', () => {
    expect(refused({ plugins: [] }, []).lines.what).toBe('config.json: there is no option plugins');
  });

  it('with a bad value are refused, saying which and what would do', () => {
    expect(refused({ steps: 0 }).message).toMatchInlineSnapshot(`
      "config.json: steps has a value that does not serve
        have   steps = 0
        need   Too small: expected number to be >=1
        do     see the documentation of steps"
    `);
  });

  it.each<[string, unknown]>([
    ['steps', 1.5],
    ['steps', '8'],
    ['steps', 1001],
    ['steps', Number.NaN],
    ['seed', -1],
    ['seed', 2 ** 53],
    ['prompt', ''],
    ['prompt', 3],
    ['guidance', Number.POSITIVE_INFINITY],
    ['shift', 0],
    ['sampler', 'heun'],
    ['width', 0],
    ['frames', 4097],
    ['device', 'cuda'],
    ['precision', 'bf16'],
    ['weights', 'shared'],
    ['threads', -1],
    ['maxRunSeconds', 0],
    ['memoryBytes', '8G'],
    ['flopsPerSecond', -1],
    ['previews', 'yes'],
  ])('%s = %j is refused', (name, value) => {
    const { lines } = refused({ [name]: value });
    expect(lines).toMatchObject({
      code: 'option-value',
      what: `config.json: ${name} has a value that does not serve`,
    });
    expect(lines.have).toContain(`${name} = `);
    expect(lines.need.length).toBeGreaterThan(0);
  });
});
