import { nearestName, SkipstoneError } from '@skipstone/core';
import type { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands.js';

/** What commander threw, as four lines. `args` is what was typed after `skipstone`. */
export function usageError(error: CommanderError, command: Command, args: readonly string[]): SkipstoneError {
  const at = ['skipstone', ...(command.parent ? [command.name()] : [])].join(' ');
  const quoted = /'(.*?)'/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownOption(at, quoted, command);
    case 'commander.optionMissingArgument':
      return usage(`${at}: an option lacks its value`, quoted.split(' ')[0] ?? quoted, quoted, at);
    case 'commander.excessArguments':
      return tooMany(at, command);
    case 'commander.missingArgument': {
      const need = command.registeredArguments.map((argument) => argument.name()).join(' ');
      return usage(`${at}: ${quoted} is missing`, args.join(' '), need, at);
    }
    default:
      return usage(`${at}: ${error.message.replace(/^error: /, '')}`, args.join(' '), 'known options', at);
  }
}

/** A word that names no subcommand. */
export function unknownCommand(word: string): SkipstoneError {
  const known = Object.keys(COMMANDS);
  const isPrompt = word.includes(' ');
  return new SkipstoneError({
    code: 'unknown-command',
    what: `skipstone: there is no command '${word}'`,
    have: word,
    need: known.join(', '),
    do: isPrompt ? `skipstone generate "${word}"` : `did you mean 'skipstone ${nearestName(word, known)}'?`,
  });
}

function unknownOption(at: string, typed: string, command: Command): SkipstoneError {
  const name = typed.split('=')[0] ?? typed;
  const known = [...command.options.flatMap(({ long }) => long ?? []), '--help'];
  const isRoot = command.parent === null;
  return new SkipstoneError({
    code: 'unknown-option',
    what: `${at}: there is no option ${name}`,
    have: name,
    need: `an option that ${at} --help lists`,
    do: isRoot
      ? `name a command first (${Object.keys(COMMANDS).join(', ')}), then its options`
      : `did you mean ${nearestName(name, known)}?`,
  });
}

function tooMany(at: string, command: Command): SkipstoneError {
  const need = command.registeredArguments.map((argument) => argument.name()).join(' ') || 'no arguments';
  return usage(
    `${at}: there are too many arguments`,
    command.args.map((word) => `'${word}'`).join(' '),
    need === 'prompt' ? 'one prompt, in quotes' : need,
    at,
    need === 'prompt' ? `${at} "${command.args.join(' ')}"` : undefined,
  );
}

function usage(what: string, have: string, need: string, at: string, remedy?: string): SkipstoneError {
  return new SkipstoneError({
    code: 'usage',
    what,
    have: have || 'nothing',
    need,
    do: remedy ?? `see ${at} --help`,
  });
}
