import { SkipstoneError } from '../error.js';

/** Refuses a value of a sampler's option that is not among those it may have. */
export function oneOf<T>(sampler: string, option: string, have: T, allowed: readonly T[]): void {
  if (allowed.includes(have)) return;
  throw new SkipstoneError({
    code: 'sampler-option',
    what: `${sampler}: ${option} has a value that does not serve`,
    have: String(have),
    need: allowed.join(', '),
    do: `pass one of them as ${option}`,
  });
}
