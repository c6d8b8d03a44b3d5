import { Command } from 'commander';
import { COMMANDS } from './commands.js';
import { EXIT_CODES } from './exit.js';
import { version } from './version.js';

const EXAMPLES = `
Examples:
  $ skipstone generate "a red circle moves right slowly near a blue ring over a checkered brown backdrop"
  $ skipstone generate --help
  $ skipstone plan --steps 50

${EXIT_CODES}

Errors print four lines: what, have, need, do. SKIPSTONE_DEBUG=1 adds the stack.`;

/** The command with all subcommands by name, and the named one loaded. Errors are thrown, never printed. */
export async function program(named: string | undefined): Promise<Command> {
  const root = quiet(new Command('skipstone'))
    .description('Text to video with diffusion transformers on ONNX Runtime.')
    .usage('COMMAND [options]')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES);
  for (const [name, { about, load }] of Object.entries(COMMANDS)) {
    const command = name === named ? quiet(await load()) : new Command(name);
    root.addCommand(command.summary(about));
  }
  return root;
}

/** Throws where commander would print and exit; `usageError` says it in four lines. */
function quiet(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 110, 110) })
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError(false);
}
