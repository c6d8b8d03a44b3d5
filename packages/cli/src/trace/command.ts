import { Command } from 'commander';
import { EXIT_CODES } from '../exit.js';
import { addFlags, listed, MODEL_FLAGS } from '../options/flags.js';
import type { TypedTrace } from './trace-settings.js';
import { ONE_OR_EACH } from './trace-settings.js';

const EXAMPLES = `
One uncached run for each prompt and seed. A line is added for each that ends, so the same command goes on
where a killed one stopped. A file of other settings is refused.

Examples:
  $ skipstone trace --examples 12 --steps 40 --out trace.jsonl
  $ skipstone trace --prompts prompts.txt --seeds 0-2 --out trace.jsonl       # one prompt a line
  $ skipstone trace --model Wan2.1-T2V-1.3B-Diffusers --embeds a.safetensors --embeds b.safetensors \\
      --size 832x480 --frames 33 --out wan.jsonl
  $ skipstone trace --model Wan2.1-I2V-14B-480P-Diffusers --embeds a.safetensors --image-latents a-image.safetensors \\
      --embeds b.safetensors --image-latents b-image.safetensors --out i2v.jsonl
  $ skipstone calibrate trace.jsonl --out policy.json
  $ skipstone calibrate wan.jsonl --model Wan2.1-T2V-1.3B-Diffusers --embeds c.safetensors --out wan.json

${EXIT_CODES}`;

/** `skipstone trace`; what it does loads when it is called. */
export function traceCommand(): Command {
  return addFlags(new Command('trace'), MODEL_FLAGS)
    .description('Records how much each tap of the first block and the stack change from step to step.')
    .usage('--out FILE [options]')
    .option('--prompts <file>', 'prompts, one a line')
    .option('--examples <n>', "the model's first n example prompts")
    .option('--embeds <file>', 'an encoded prompt (safetensors); may be given many times', listed)
    .option('--first-frames <file>', `keep these first frames, latents [C, n, h, w]; ${ONE_OR_EACH}`, listed)
    .option('--image-latents <file>', `begin with this image, latents [C, T, h, w]; ${ONE_OR_EACH}`, listed)
    .option('--seeds <list>', 'seeds of each prompt, as 0,1,5 or 0-3 (default: 0)')
    .option('--out <file>', 'the trace; JSON lines')
    .option('--renew', 'begin anew where the file is a trace of other settings')
    .option('--quiet', 'print the name of the file only')
    .addHelpText('after', EXAMPLES)
    .action(async (typed: TypedTrace) => {
      const { trace } = await import('./trace.js');
      process.exitCode = await trace(typed);
    });
}
