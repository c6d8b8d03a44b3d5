import { describe, expect, it } from 'vitest';
import { type Ledger, parseLedger } from '../../ledger/ledger.js';
import { rejectionOf } from '../../testing/fault.js';
import { run } from '../../testing/small/two-branches.js';
import { residual } from '../../testing/small/written-plugin.js';
import { sameBytes } from '../../testing/subject.js';
import type { RunEvent } from './events.js';

describe('a replay', () => {
  const listed = () => residual((step) => step === 1);

  it('takes decisions from a ledger that went through JSON, and gives the same bytes', async () => {
    const first = await run([listed()]);
    const ledger = parseLedger(JSON.parse(JSON.stringify(first.ledger)));
    const again = await run([residual(() => false)], {}, { replay: ledger });
    expect(sameBytes(again.latents, first.latents)).toBe(true);
    expect(again.ledger).toEqual(first.ledger);
  });

  it('that was edited is another run', async () => {
    const first = await run([listed()]);
    const edited: Ledger = {
      ...first.ledger,
      decisions: first.ledger.decisions.map((row) => ({ ...row, value: row.step === 2 })),
    };
    const again = await run([listed()], {}, { replay: edited });
    expect(sameBytes(again.latents, first.latents)).toBe(false);
    const hand = await run([residual((step) => step === 2)]);
    expect(sameBytes(again.latents, hand.latents)).toBe(true);
  });

  it('notes rows that nobody asked for', async () => {
    const { ledger } = await run([listed()]);
    const notes: string[] = [];
    const tell = (event: RunEvent): void => {
      if (event.type === 'note') notes.push(event.text);
    };
    await run([], {}, { replay: ledger, tell });
    expect(notes).toEqual(['3 rows of the replayed ledger were never asked for']);
  });

  it('of another number of steps is refused', async () => {
    const { ledger } = await run([]);
    const error = await rejectionOf(run([], { steps: 4 }, { replay: ledger }));
    expect(error.message).toMatchInlineSnapshot(`
      "the ledger to replay is of another run
        have   toy, 3 steps
        need   toy, 4 steps
        do     replay it with the model and the number of steps it was written with"
    `);
  });
});
