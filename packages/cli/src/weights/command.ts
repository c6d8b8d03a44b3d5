import { Command } from 'commander';
import type { WeightsFlags } from './weights-flags.js';

const EXAMPLES = `
Weights in 8 or 4 bits are kept in sidecar files, which generate --precision int8 (or int4) makes when it
first needs them; one file a checkpoint and form. They may be cleared at any time and are made again.
They lie in SKIPSTONE_CACHE, else in skipstone below XDG_CACHE_HOME, else in ~/.cache/skipstone.

Actions:
  list     show the sidecar files: model, bits, bytes
  make     make the sidecar files of a model now
  clear    remove all sidecar files, and what killed runs left of some; nothing else in the folder is touched

Examples:
  $ skipstone weights list
  $ skipstone weights make --model Wan2.1-T2V-1.3B-Diffusers --bits 8
  $ skipstone weights clear`;

/** `skipstone weights`; what it does loads when it is called. */
export function weightsCommand(): Command {
  return new Command('weights')
    .description('Shows, makes and clears sidecar files with weights in 8 or 4 bits.')
    .usage('ACTION [options]')
    .argument('<action>', 'list, make or clear')
    .option('--model <dir>', 'make: folder of the model (default: the demo model)')
    .option('--variant <name>', 'make: which of the weights in its folder, such as fp16')
    .option('--adapter <module>', 'make: file or package that opens --model, for other models')
    .option('--bits <n>', 'make: 8 or 4 (default: 8)')
    .option('--folder <dir>', 'where sidecar files lie')
    .addHelpText('after', EXAMPLES)
    .action(async (action: string, flags: WeightsFlags) => {
      const { weightsAction } = await import('./weights-action.js');
      process.exitCode = await weightsAction(action, flags);
    });
}
