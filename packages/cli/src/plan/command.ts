import { Command } from 'commander';
import { addFlags, type Typed } from '../options/flags.js';

const EXAMPLES = `
Takes the options of generate; those that name outputs change nothing here.

Examples:
  $ skipstone plan
  $ skipstone plan --steps 50 --frames 5 --gflops 90
  $ skipstone plan --model Wan2.1-T2V-1.3B-Diffusers --size 832x480 --frames 81 --memory 16GiB`;

/** `skipstone plan`; what it does loads when it is called. */
export function planCommand(): Command {
  return addFlags(new Command('plan'))
    .description('Shows what generate would run: spans, memory, expected time. Loads no weights.')
    .usage('["PROMPT"] [options]')
    .argument('[prompt]', 'as for generate')
    .addHelpText('after', EXAMPLES)
    .action(async (prompt: string | undefined, typed: Typed) => {
      const { printPlan } = await import('./print-plan.js');
      process.stdout.write(await printPlan(prompt, typed));
    });
}
