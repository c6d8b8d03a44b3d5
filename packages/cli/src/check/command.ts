import { Command } from 'commander';
import { EXIT_CODES } from '../exit.js';
import { addFlags, RUN_FLAGS } from '../options/flags.js';
import type { TypedCheck } from './check.js';

const EXAMPLES = `
Makes a video for each of 100 fixed prompts, with the noise of a fixed seed, and looks what is in it: the backdrop and
its pattern, two figures and no more, their colours and shapes, whether one rests, where the other goes. In the folder:
  000.png …      the frames of each video, side by side; the same command goes on where a killed one stopped
  check.json     what was found, part by part
  sheet.png      the first 24 videos; the squares beside each, from the top: backdrop, pattern, two figures,
                 resting colour, shape and place, moving colour, shape and motion; green is right, red is not

Examples:
  $ skipstone check --out demo-check
  $ skipstone check --out demo-check-12 --steps 12 --count 25

${EXIT_CODES}`;

/** `skipstone check`; what it does loads when it is called. */
export function checkCommand(): Command {
  return addFlags(new Command('check'), RUN_FLAGS)
    .description("Counts how many of the demo model's videos show what their prompts say.")
    .usage('--out DIR [options]')
    .option('--out <dir>', 'folder of the videos and of what was found')
    .option('--count <n>', 'the first n prompts only, 1 to 100 (default: 100)')
    .addHelpText('after', EXAMPLES)
    .action(async (typed: TypedCheck) => {
      const { check } = await import('./check.js');
      process.exitCode = await check(typed);
    });
}
