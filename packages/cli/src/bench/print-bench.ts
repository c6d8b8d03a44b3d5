import { nearestName, SkipstoneError } from '@skipstone/core';
import { placeFile } from '@skipstone/video';
import { readNumber } from '../options/read-value.js';
import { ROWS } from './rows.js';
import { runBench } from './run-bench.js';

const REPEATS = { kind: 'whole', least: 1, most: 1000 } as const;

export interface BenchFlags {
  readonly json?: string;
  readonly repeats?: string;
  readonly quick?: boolean;
}

/** Measures and prints; checks what was typed before anything is measured. */
export async function printBench(rows: readonly string[], flags: BenchFlags): Promise<void> {
  for (const row of rows) if (!Object.hasOwn(ROWS, row)) throw unknownRow(row);
  const quick = flags.quick ?? false;
  const usual = quick ? 1 : 5;
  const repeats = flags.repeats === undefined ? usual : readNumber('--repeats', flags.repeats, REPEATS);
  const report = await runBench({
    rows: [...new Set(rows)],
    repeats,
    quick,
    print: (line) => process.stdout.write(`${line}\n`),
    say: (text) => process.stderr.write(`… ${text}\n`),
  });
  if (flags.json === undefined) return;
  await placeFile(flags.json, new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`));
}

function unknownRow(row: string): SkipstoneError {
  const known = Object.keys(ROWS);
  return new SkipstoneError({
    code: 'usage',
    what: `skipstone bench: there is no row '${row}'`,
    have: row,
    need: known.join(', '),
    do: `did you mean 'skipstone bench ${nearestName(row, known)}'?`,
  });
}
