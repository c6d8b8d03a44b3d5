import { nearestName, SkipstoneError } from '../error.js';

/** Refuses option names that `owner` does not know: a misspelt option must not be ignored silently. */
export function assertKnownOptions(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new SkipstoneError({
      code: 'unknown-option',
      what: `${owner} has no option '${name}'`,
      have: `'${name}'`,
      need: known.length === 0 ? 'no options' : known.join(', '),
      do: known.length === 0 ? 'leave it out' : `did you mean '${nearestName(name, known)}'?`,
    });
  }
}
