import { type Checkpoint, renamed } from '@skipstone/core';
import { diffusersName, isOriginalLayout } from './keys.js';

/** The same checkpoint under diffusers' names, whichever it has. */
export function underDiffusersNames(checkpoint: Checkpoint): Checkpoint {
  return isOriginalLayout(checkpoint.tensors.keys()) ? renamed(checkpoint, diffusersName) : checkpoint;
}
