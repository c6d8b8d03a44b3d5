import { SkipstoneError } from '../error.js';
import type { Checkpoint, TensorEntry } from './checkpoint.js';
import { withoutKnownPrefix } from './known-prefixes.js';

/** Gives each stored name the name an adapter knows it by; a name it does not change it returns as it is. */
export type Renames = (name: string) => string;

/**
 * The same checkpoint under other names, without what tools put before the model's own (`known-prefixes.ts`). Nothing
 * is read or copied; places and fingerprint stay.
 */
export function renamed(checkpoint: Checkpoint, renames: Renames): Checkpoint {
  const tensors = new Map<string, TensorEntry>();
  const storedAs = new Map<string, string>();
  for (const [stored, entry] of checkpoint.tensors) {
    const name = renames(withoutKnownPrefix(stored));
    const other = storedAs.get(name);
    if (other !== undefined) throw collides(name, other, stored);
    storedAs.set(name, stored);
    tensors.set(name, name === stored ? entry : Object.freeze({ ...entry, name }));
  }
  return Object.freeze({ ...checkpoint, tensors });
}

function collides(name: string, first: string, second: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-renames',
    what: `two tensors get the name '${name}'`,
    have: `'${first}' and '${second}'`,
    need: 'a name of its own for each tensor',
    do: 'correct the renames of the adapter (swap names through one simultaneous mapping, not one by one)',
  });
}
