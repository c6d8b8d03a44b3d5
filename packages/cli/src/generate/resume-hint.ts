import type { Outputs } from './outputs.js';

/** How to go on with a run that was stopped, where it was saved. `args`: what was typed after `skipstone`. */
export function resumeHint(args: readonly string[], count: number, { save, seed }: Outputs): string {
  if (count > 1) return `repeat it with --count 1 --seed ${seed} --save ${quoted(save ?? '')} --resume ${quoted(save ?? '')}`;
  const without = args.filter((arg, i) => !isResume(arg) && args[i - 1] !== '--resume');
  return ['skipstone', ...without.map(quoted), '--resume', quoted(save ?? '')].join(' ');
}

const isResume = (arg: string): boolean => arg === '--resume' || arg.startsWith('--resume=');

/** As a shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
