import { nearestName, SkipstoneError } from '../error.js';
import type { Checkpoint, TensorEntry } from './checkpoint.js';

/** A tensor by name, or an error that names the nearest one. */
export function findTensor(checkpoint: Checkpoint, name: string): TensorEntry {
  const found = checkpoint.tensors.get(name);
  if (found !== undefined) return found;
  const near = nearestName(name, checkpoint.tensors.keys());
  throw new SkipstoneError({
    code: 'checkpoint-tensor',
    what: `the checkpoint has no tensor '${name}'`,
    have: near === undefined ? 'no tensors' : `${checkpoint.tensors.size} tensors, the nearest is '${near}'`,
    need: `'${name}'`,
    do: `check that ${checkpoint.folder} holds this very model, in the layout its adapter expects`,
  });
}
