import { Command } from 'commander';
import type { VerifyFlags } from './verify.js';

const EXAMPLES = `
A golden folder holds case.json, config.json, io.safetensors (inputs and the reference's values) and
model.safetensors. The error of a tensor is max|a - b| / max|b|; flags and counts must be equal.
Noise levels and timesteps are computed and checked, never read.

Exit codes: 0 all within, 3 a tensor missed or is missing, 2 a folder that cannot be verified as it is,
1 a run failed. Of several folders the worst counts, in the order 3, 1, 2.

Examples:
  $ skipstone verify goldens/wan21-t2v
  $ skipstone verify goldens/run-wan21-unipc goldens/run-wan21-euler --rtol 1e-5
  $ skipstone verify goldens/method-trace --json > trace.json
  $ skipstone verify goldens/mine --adapter ./my-model.js`;

/** `skipstone verify`; what it does loads when it is called. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Runs golden folders and holds every recorded tensor against ours.')
    .usage('FOLDER… [options]')
    .argument('<folder...>', 'golden folders')
    .option('--rtol <number>', 'largest error of a tensor, above 0', '1e-4')
    .option(
      '--adapter <module>',
      'file or package whose verifiers are asked as well; may be given many times',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option('--json', 'print one JSON object instead of lines')
    .addHelpText('after', EXAMPLES)
    .action(async (folders: readonly string[], flags: VerifyFlags) => {
      const { verify } = await import('./verify.js');
      process.exitCode = await verify(folders, flags);
    });
}
