import { nearestName, SkipstoneError, watchReads } from '@skipstone/core';
import { placeFile } from '@skipstone/video';
import { Command } from 'commander';
import { atWork } from '../exit-code.js';
import { named, ofModel, prepareOutputs } from '../files/prepare-outputs.js';
import { readNumber } from '../options/read-value.js';

const REPEATS = { kind: 'whole', least: 1, most: 1000 } as const;

interface BenchFlags {
  readonly json?: string;
  readonly repeats?: string;
  readonly quick?: boolean;
}

const examples = (rows: readonly string[]): string => `
Rows:
${rows.join('\n')}

Ratios come from this one process: medians of rounds that take turns (a, b, a, b, …), warm-up not counted.
Run it on an idle machine: the load average at both ends is printed and kept.
It needs 12 GB of memory, and 5 GB of disk below the system's folder for temporary files.

Examples:
  $ skipstone bench
  $ skipstone bench products cuts --repeats 7
  $ skipstone bench --json bench.json
  $ skipstone bench --quick`;

/** `skipstone bench`: options and files; what is measured is a package of the repository. */
export async function benchCommand(): Promise<Command> {
  const { ROWS } = await loadBench();
  const rows = Object.entries(ROWS).map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`);
  return new Command('bench')
    .description('Measures this machine, row by row of the table of measurements.')
    .usage('[ROW…] [options]')
    .argument('[rows...]', 'rows to measure, by name (default: all)')
    .option('--json <file>', 'write everything that was measured')
    .option('--repeats <n>', 'rounds that count, 1 to 1000 (default: 5; quick: 1)')
    .option('--quick', 'small models and few rounds, to see that everything works')
    .addHelpText('after', examples(rows))
    .action(printBench);
}

/** Measures and prints; checks what was typed before anything is measured. */
export async function printBench(rows: readonly string[], flags: BenchFlags): Promise<void> {
  const { ROWS, runBench } = await loadBench();
  for (const row of rows) if (!Object.hasOwn(ROWS, row)) throw unknownRow(row, Object.keys(ROWS));
  const quick = flags.quick ?? false;
  const usual = quick ? 1 : 5;
  const repeats = flags.repeats === undefined ? usual : readNumber('--repeats', flags.repeats, REPEATS);
  const { files } = await watchReads((await import('@skipstone/demo-model')).demoModel);
  const { json } = flags;
  await prepareOutputs(named('--json', json), ofModel(files));
  await atWork(async () => {
    const report = await runBench({
      rows: [...new Set(rows)],
      repeats,
      quick,
      print: (line) => process.stdout.write(`${line}\n`),
      say: (text) => process.stderr.write(`… ${text}\n`),
    });
    if (json !== undefined)
      await placeFile(json, new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`));
  });
}

/** A package that is not published: made-up models and rows are of use beside the code they measure. */
const loadBench = () =>
  import('@skipstone/bench').catch((cause: unknown) => {
    throw new SkipstoneError({
      code: 'bench-missing',
      what: 'skipstone bench: what it measures is not published',
      have: 'the command alone',
      need: 'a checkout of the repository of Skipstone, built',
      do: 'run it there: npm ci && npm run build && npx skipstone bench',
      cause,
    });
  });

function unknownRow(row: string, known: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'usage',
    what: `skipstone bench: there is no row '${row}'`,
    have: row,
    need: known.join(', '),
    do: `did you mean 'skipstone bench ${nearestName(row, known)}'?`,
  });
}
