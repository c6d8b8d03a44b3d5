import { Command } from 'commander';
import { EXIT_CODES } from '../exit.js';
import { addFlags, type Typed } from '../options/flags.js';

const EXAMPLES = `
Prompts of the demo model say:
  a|an COLOUR SHAPE moves DIRECTION SPEED near a|an COLOUR SHAPE over a PATTERN BACKDROP backdrop

Examples:
  $ skipstone generate "a red circle moves right slowly near a blue ring over a checkered brown backdrop"
  $ skipstone generate "a cyan ring moves nowhere near a red square over a plain navy backdrop" \\
      --steps 30 --seed 7 --count 3 --out ring.gif
  $ skipstone generate "…" --save run.safetensors                # killed? then the same with
  $ skipstone generate "…" --save run.safetensors --resume run.safetensors
  $ skipstone generate --model Wan2.1-T2V-1.3B-Diffusers --embeds prompt.safetensors \\
      --latents-out latents.safetensors --size 832x480 --frames 33
  $ skipstone generate --model Wan2.2-TI2V-5B-Diffusers --embeds prompt.safetensors \\
      --first-frames image.safetensors --latents-out latents.safetensors
  $ skipstone generate --model Wan2.2-T2V-A14B-Diffusers --guidance 4,3 --embeds prompt.safetensors \\
      --latents-out latents.safetensors
  $ skipstone generate "…" --plugin galaxy-cache:0.1 --reference --report run.html
  $ skipstone generate --config scene.json --plugin ./my-plugin.js:0.3,window=8

Names of files go to standard output, everything else to standard error.

${EXIT_CODES}`;

/** `skipstone generate`; what it does loads when it is called. */
export function generateCommand(): Command {
  return addFlags(new Command('generate'))
    .description('Makes a video from a prompt.')
    .usage('"PROMPT" [options]')
    .argument('[prompt]', 'what to draw, in quotes')
    .addHelpText('after', EXAMPLES)
    .action(async (prompt: string | undefined, typed: Typed) => {
      const { generateVideos } = await import('./generate-videos.js');
      process.exitCode = await generateVideos(prompt, typed);
    });
}
