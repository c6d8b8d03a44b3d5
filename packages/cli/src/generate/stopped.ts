import type { VideoJob } from './video-job.js';

/** What is left of a run that stopped, and how to go on. `args`: what was typed after `skipstone`. */
export function stopped({ settings, outputs, state }: VideoJob, args: readonly string[]): string {
  const { save, seed } = outputs;
  const saved = save !== undefined && state.saved > 0;
  const steps = state.done === 1 ? 'step' : 'steps';
  if (!saved) {
    const again = save === undefined ? 'with --save FILE a run can be resumed' : 'start again';
    return `stopped after ${state.done} ${steps}\n  have   nothing that was saved\n  do     ${again}`;
  }
  const many = settings.count > 1;
  const rest = many ? without(without(without(args, '--count'), '--seed'), '--save') : args;
  const same = many ? ['--seed', String(seed), '--save', save] : [];
  const command = ['skipstone', ...without(rest, '--resume'), ...same, '--resume', save]
    .map(quoted)
    .join(' ');
  return `stopped after ${state.done} ${steps}\n  have   ${save}, saved after step ${state.saved}\n  do     ${command}`;
}

/** The arguments without an option and its value. */
function without(args: readonly string[], option: string): readonly string[] {
  return args.filter((arg, i) => arg !== option && args[i - 1] !== option && !arg.startsWith(`${option}=`));
}

/** As a shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
