import { Command } from 'commander';
import type { BenchFlags } from './print-bench.js';
import { ROWS } from './rows.js';

const ABOUT = Object.entries(ROWS).map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`);

const EXAMPLES = `
Rows:
${ABOUT.join('\n')}

Ratios come from this one process: medians of rounds that take turns (a, b, a, b, …), warm-up not counted.
Run it on an idle machine: the load average at both ends is printed and kept.
It needs 12 GB of memory, and 5 GB of disk below the system's folder for temporary files.

Examples:
  $ skipstone bench
  $ skipstone bench products cuts --repeats 7
  $ skipstone bench --json bench.json
  $ skipstone bench --quick`;

/** `skipstone bench`; what it does loads when it is called. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Measures this machine, row by row of the table of measurements.')
    .usage('[ROW…] [options]')
    .argument('[rows...]', 'rows to measure, by name (default: all)')
    .option('--json <file>', 'write everything that was measured')
    .option('--repeats <n>', 'rounds that count, 1 to 1000 (default: 5; quick: 1)')
    .option('--quick', 'small models and few rounds, to see that everything works')
    .addHelpText('after', EXAMPLES)
    .action(async (rows: readonly string[], flags: BenchFlags) => {
      const { printBench } = await import('./print-bench.js');
      await printBench(rows, flags);
    });
}
