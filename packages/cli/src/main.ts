import { type Command, CommanderError } from 'commander';
import { COMMANDS } from './commands.js';
import { EXIT } from './exit.js';
import { program } from './program.js';

/** Runs the command with these arguments (what was typed after `skipstone`); gives the exit code. */
export async function main(typed: readonly string[]): Promise<number> {
  const args = typed[0] === 'help' ? [...typed.slice(1, 2), '--help'] : [...typed];
  const named = args[0] ?? '';
  const known = Object.hasOwn(COMMANDS, named);
  let root: Command | undefined;
  try {
    root = await program(known ? named : undefined);
    if (!known && named !== '' && !named.startsWith('-')) {
      throw (await import('./usage-error.js')).unknownCommand(named);
    }
    if (named === '') {
      root.outputHelp({ error: true });
      return EXIT.usage;
    }
    await root.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const { reportError } = await import('./report-error.js');
    if (!(error instanceof CommanderError && root)) return reportError(error);
    const { usageError } = await import('./usage-error.js');
    const command = root.commands.find((one) => one.name() === named) ?? root;
    return reportError(usageError(error, command, args));
  }
}
