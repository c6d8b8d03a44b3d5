import { Command } from 'commander';
import { EXIT_CODES } from '../exit.js';
import { addFlags, CALIBRATE_FLAGS, listed } from '../options/flags.js';
import { ONE_OR_EACH } from '../trace/trace-settings.js';
import type { TypedCalibration } from './calibration-settings.js';

const EXAMPLES = `
Ranks the taps, finds thresholds by simulating the policy on the traces, which takes seconds, and then makes
real runs of other prompts: for each of them one uncached run, one for each speed-up and one for each warm-up.
The model is named as it was traced: --model, --fps, --distilled, --scales; so is what its runs began with. A
model without a text encoder needs --embeds, also with --no-confirm: a short run counts what a reused step costs.

Examples:
  $ skipstone trace --examples 12 --out trace.jsonl
  $ skipstone calibrate trace.jsonl --out policy.json --examples 8
  $ skipstone calibrate wan.jsonl --model Wan2.1-T2V-1.3B-Diffusers --embeds c.safetensors --out wan.json
  $ skipstone calibrate trace-24.jsonl trace-40.jsonl --out policy.json --speedups 1.5,2,3 --page page.md
  $ skipstone generate "…" --policy policy.json --speedup 2

${EXIT_CODES}`;

/** `skipstone calibrate`; what it does loads when it is called. */
export function calibrateCommand(): Command {
  return addFlags(new Command('calibrate'), CALIBRATE_FLAGS)
    .description('Makes a policy of galaxy-cache from traces, and checks it with real runs.')
    .usage('TRACE… --out FILE [options]')
    .argument('<traces...>', 'files of skipstone trace; one entry of the policy each')
    .option('--out <file>', 'the policy (JSON)')
    .option('--speedups <list>', 'ideal speed-ups to find thresholds for (default: 1.5,2,3)')
    .option('--tap <name>', 'the tap to watch (default: the one that foretells best)')
    .option('--warmup <share>', 'share of the steps that always compute first (default: 0.2)')
    .option('--warmups <list>', 'other warm-ups to look at (default: 0.1,0.15,0.2,0.25)')
    .option('--prompts <file>', 'prompts of the real runs, one a line; none of the traced ones')
    .option('--examples <n>', "the model's first n example prompts that were not traced (default: 8)")
    .option('--embeds <file>', 'an encoded prompt of the real runs; may be given many times', listed)
    .option(
      '--first-frames <file>',
      `first frames of the real runs, where the trace has some; ${ONE_OR_EACH}`,
      listed,
    )
    .option(
      '--image-latents <file>',
      `images of the real runs, where the trace has some; ${ONE_OR_EACH}`,
      listed,
    )
    .option('--seeds <list>', 'seeds of the real runs, as 0,1,5 or 0-3 (default: 0)')
    .option('--no-confirm', 'no real runs but a short one: thresholds by simulation alone')
    .option('--page <file>', 'write tables as Markdown, and pictures beside it')
    .option('--quiet', 'print the names of the files only')
    .addHelpText('after', EXAMPLES)
    .action(async (traces: readonly string[], typed: TypedCalibration) => {
      const { calibrate } = await import('./calibrate.js');
      process.exitCode = await calibrate(traces, typed);
    });
}
