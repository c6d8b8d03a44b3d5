import { describe, expect, it } from 'vitest';
import { SkipstoneError } from '../../error.js';
import type { EvaluateCall, Hooks, Next } from '../../spec/plugin.js';
import type { Streams } from '../../spec/tensor.js';
import { layer, type NamedHooks } from './onion.js';

const CALL = { step: 7 } as unknown as EvaluateCall;
const NOTHING: Streams = {};

const named = (name: string, evaluate: Hooks['evaluate']): NamedHooks => ({
  name,
  hooks: evaluate ? { evaluate } : {},
});

const through = (plugins: readonly NamedHooks[], base: Next<EvaluateCall>): Promise<Streams> =>
  layer<EvaluateCall>('evaluate', plugins, (_, call) => call, base)(CALL);

const failing = (name: string, error: unknown): NamedHooks =>
  named(name, async () => {
    throw error;
  });
const passing = (name: string): NamedHooks => named(name, (call, next) => next(call));

describe('the onion', () => {
  it('has the first plugin outermost, and leaves out those without the hook', async () => {
    const order: string[] = [];
    const noting = (name: string): NamedHooks =>
      named(name, async (call, next) => {
        order.push(`${name} in`);
        const out = await next(call);
        order.push(`${name} out`);
        return out;
      });
    await through([noting('a'), named('none', undefined), noting('b')], async () => {
      order.push('base');
      return NOTHING;
    });
    expect(order).toEqual(['a in', 'b in', 'base', 'b out', 'a out']);
  });

  it('gives each layer a call of its own', async () => {
    const seen: string[] = [];
    const looking = named('a', (call, next) => {
      seen.push((call as unknown as { who: string }).who);
      return next(call);
    });
    const personal = (plugin: string, call: EvaluateCall) => ({ ...call, who: plugin }) as EvaluateCall;
    const base = async () => NOTHING;
    await layer<EvaluateCall>('evaluate', [looking, { ...looking, name: 'b' }], personal, base)(CALL);
    expect(seen).toEqual(['a', 'b']);
  });

  it('may change the call, the result, or not go on at all', async () => {
    const later = named('later', (call, next) => next({ ...call, step: call.step + 1 }));
    const steps: number[] = [];
    await through([later, later], async (call) => {
      steps.push(call.step);
      return NOTHING;
    });
    expect(steps).toEqual([9]);
    const instead = { video: { id: 1, type: 'float32' as const, shape: [] } };
    const stop = named('stop', async () => instead);
    expect(await through([passing('a'), stop, failing('never', new Error())], async () => NOTHING)).toBe(
      instead,
    );
  });
});

describe('what is thrown in a hook', () => {
  const told = async (plugins: readonly NamedHooks[], base: Next<EvaluateCall> = async () => NOTHING) =>
    through(plugins, base).then(
      () => new Error('nothing was thrown'),
      (error: unknown) => error as Error,
    );

  it('says whose it was, which hook and which step; once, however deep it lay', async () => {
    const error = await told([passing('outer'), failing('inner', new Error('oh')), passing('never')]);
    expect(error.message).toMatch(/^inner, evaluate, step 7: oh\n {2}have {3}at /);
    expect(error).toMatchObject({ code: 'plugin-threw' });
    expect((error.cause as Error).message).toBe('oh');
  });

  it('keeps the lines and the code of our own errors', async () => {
    const lines = { code: 'rows', what: 'no rows', have: 'none', need: 'some', do: 'sort them' };
    const error = await told([passing('outer'), failing('inner', new SkipstoneError(lines))]);
    expect(error).toMatchObject({
      code: 'rows',
      lines: { ...lines, what: 'inner, evaluate, step 7: no rows' },
    });
  });

  it('is told again for another throw of the same sentence', async () => {
    const [a, b] = [await told([failing('a', new Error('oh'))]), await told([failing('b', new Error('oh'))])];
    expect([a.message.slice(0, 2), b.message.slice(0, 2)]).toEqual(['a,', 'b,']);
  });

  it('is left alone where it says that the run was aborted', async () => {
    const abort = new DOMException('stop', 'AbortError');
    expect(await told([passing('outer'), failing('inner', abort)])).toBe(abort);
  });

  it('is left alone where it is no error', async () => {
    expect(await told([failing('inner', 'a string')])).toBe('a string');
  });

  it('is labelled though the hook does not wait', async () => {
    const hasty = named('hasty', () => {
      throw new Error('at once');
    });
    expect((await told([hasty])).message).toContain('hasty, evaluate, step 7: at once');
  });
});
