import { tmpdir } from 'node:os';
import { withTemporary } from '@skipstone/core';
import { load, type Machine, machineFacts, machineText } from './machine.js';
import type { Outcome, Verdict } from './row.js';
import { ROWS } from './rows.js';
import { median } from './statistics.js';
import { tableHead, tableLine, verdictOf } from './table.js';

export interface BenchOptions {
  /** Names of rows; all if none. */
  readonly rows: readonly string[];
  readonly repeats: number;
  readonly quick: boolean;
  /** When it was measured; now unless given. */
  readonly date?: Date;
  /** A line of the table, as soon as it is known. */
  readonly print: (line: string) => void;
  /** What is being done, while nothing is known yet. */
  readonly say: (text: string) => void;
}

/** Everything that was measured, as `--json` writes it. */
export interface BenchReport {
  readonly machine: Machine & { readonly loadAtEnd: number };
  readonly quick: boolean;
  readonly repeats: number;
  readonly outcomes: readonly Measured[];
}

interface Measured extends Outcome {
  readonly row: string;
  /** Median of the samples; absent where nothing was measured. */
  readonly measured?: number;
  readonly verdict: Verdict;
}

/** Measures rows one after another. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { repeats, quick, date, print, say } = options;
  const machine = machineFacts(date);
  print(machineText(machine));
  if (quick)
    print('quick: small models and few rounds show that everything works; these numbers mean nothing');
  print(tableHead());
  const outcomes: Measured[] = [];
  for (const row of options.rows.length > 0 ? options.rows : Object.keys(ROWS)) {
    const measure = await ROWS[row]?.load();
    if (!measure) throw new TypeError(`there is no row ${row}`);
    await withTemporary(tmpdir(), 'folder', async (folder) => {
      for await (const one of measure({ repeats, quick, folder, say })) {
        const outcome = { ...one, what: `${row}: ${one.what}` };
        print(tableLine(outcome));
        outcomes.push(asMeasured(row, outcome));
      }
    });
  }
  const loadAtEnd = load();
  print(`load at the end ${loadAtEnd}`);
  return { machine: { ...machine, loadAtEnd }, quick, repeats, outcomes };
}

function asMeasured(row: string, outcome: Outcome): Measured {
  const verdict = verdictOf(outcome);
  if (outcome.samples.length === 0) return { row, ...outcome, verdict };
  return { row, ...outcome, measured: median(outcome.samples), verdict };
}
