import { readFile } from 'node:fs/promises';
import { type Ledger, parseLedger, SkipstoneError } from '@skipstone/core';
import { placeFile } from '@skipstone/video';

/** Reads a ledger to replay; it must be one of this model and this number of steps. */
export async function readLedger(path: string, model: string, steps: number): Promise<Ledger> {
  const ledger = parseLedger(await readJson(path), path);
  if (ledger.model === model && ledger.steps === steps) return ledger;
  throw new SkipstoneError({
    code: 'ledger-run',
    what: `--replay ${path}: this ledger is of another run`,
    have: `${ledger.model}, ${ledger.steps} steps`,
    need: `${model}, ${steps} steps`,
    do: ledger.model === model ? `pass --steps ${ledger.steps}` : 'replay a ledger of this model',
  });
}

export async function writeLedger(path: string, ledger: Ledger): Promise<void> {
  await placeFile(path, new TextEncoder().encode(`${JSON.stringify(ledger, null, 1)}\n`));
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new SkipstoneError({
      code: 'ledger-file',
      what: `--replay ${path}: this file cannot be read`,
      have: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      need: 'the JSON that --ledger wrote',
      do: 'check the path',
      cause,
    });
  }
}
