/** Exit codes of the command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, miss: 3, aborted: 130 } as const;

export const EXIT_CODES = `Exit codes:
  0    done
  1    it failed: the message says what, have, need, do
  2    the command line or the config file is wrong; nothing was started
  3    verify: a checked value missed its tolerance
  130  aborted with Ctrl-C`;

/** Codes of errors that lie in what was typed, before any work. */
const USAGE: ReadonlySet<string> = new Set([
  'usage',
  'unknown-command',
  'unknown-option',
  'option-value',
  'option-conflict',
  'option-missing',
  'config-file',
  'plugin-arguments',
  'unknown-plugin',
  'adapter-module',
  'model-class',
  'model-missing',
  'schedule-model',
  'unknown-schedule',
  'write-format',
  'write-path',
  'write-option',
]);

/** The exit code for an error with this code. */
export function exitCodeOf(errorCode: string): number {
  return USAGE.has(errorCode) ? EXIT.usage : EXIT.failure;
}
