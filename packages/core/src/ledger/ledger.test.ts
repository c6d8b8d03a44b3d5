import { describe, expect, it } from 'vitest';
import { type Ledger, parseLedger } from './ledger.js';

const ledger: Ledger = {
  version: 1,
  model: 'toy',
  steps: 2,
  decisions: [
    { step: 0, plugin: 'cache', key: 'rows', value: [0, [1, 2], { deep: null }] },
    {
      step: 1,
      branch: 'cond',
      plugin: 'cache',
      key: 'reuse',
      value: true,
      signal: 0.25,
      threshold: 0.5,
      reason: 'small',
    },
    { step: 1, branch: 'uncond', plugin: 'cache', key: 'reuse', value: true, follows: 'cond' },
  ],
  passes: [{ step: 0, branch: 'cond', spans: ['plain/end'], rows: { video: 12 }, closed: [] }],
};

/** The ledger as somebody might have edited it. */
const edited = (
  edit: (copy: Record<string, unknown> & { decisions: Record<string, unknown>[] }) => void,
): unknown => {
  const copy = JSON.parse(JSON.stringify(ledger));
  edit(copy);
  return copy;
};

describe('a ledger', () => {
  it('comes back from JSON as it was', () => {
    expect(parseLedger(JSON.parse(JSON.stringify(ledger)))).toEqual(ledger);
  });

  it('may have other values, and no rows at all', () => {
    const other = edited((copy) => {
      for (const row of copy.decisions) row.value = { order: 2 };
    });
    expect(parseLedger(other).decisions[1]?.value).toEqual({ order: 2 });
    expect(parseLedger({ ...ledger, decisions: [], passes: [] }).decisions).toEqual([]);
  });

  it('of another kind is refused, saying where', () => {
    const unknown = edited((copy) => Object.assign(copy.decisions[1] ?? {}, { treshold: 1 }));
    expect(() => parseLedger(unknown, 'run.json')).toThrowErrorMatchingInlineSnapshot(`
      [SkipstoneError: run.json: this is not a ledger of a run
        have   decisions.1: Unrecognized key: "treshold"
        need   the ledger that a run wrote, with edited values only
        do     write one with generate(…).ledger, or \`skipstone generate --ledger FILE\`]
    `);
  });

  it.each<[string, unknown, string]>([
    ['no ledger at all', 'text', 'the whole'],
    ['nothing', undefined, 'the whole'],
    ['another version', { ...ledger, version: 2 }, 'version'],
    ['no model', edited((copy) => delete copy.model), 'model'],
    ['no steps', { ...ledger, steps: 0 }, 'steps'],
    ['a field nobody writes', { ...ledger, seed: 1 }, 'Unrecognized key: "seed"'],
    ['a decision without a value', edited((copy) => delete copy.decisions[0]?.value), 'decisions.0.value'],
    [
      'a step that is none',
      edited((copy) => Object.assign(copy.decisions[0] ?? {}, { step: -1 })),
      'decisions.0.step',
    ],
    [
      'a signal that is none',
      edited((copy) => Object.assign(copy.decisions[1] ?? {}, { signal: null })),
      'decisions.1.signal',
    ],
    [
      'half a row',
      { ...ledger, passes: [{ ...ledger.passes[0], rows: { video: 1.5 } }] },
      'passes.0.rows.video',
    ],
  ])('with %s is refused', (_, value, where) => {
    let message = 'it was taken';
    try {
      parseLedger(value);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('ledger: this is not a ledger of a run');
    expect(message).toContain(where);
  });
});
