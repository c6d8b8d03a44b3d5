import { SkipstoneError } from '../error.js';

const ENDINGS = ['.pt', '.pth', '.bin', '.ckpt', '.pkl'];

/** True for names that torch saves pickles under. */
export const isPickle = (name: string): boolean => ENDINGS.some((ending) => name.endsWith(ending));

/** Why a pickle is not opened, and the way out. */
export function pickleFault(path: string): SkipstoneError {
  const copy = `${path.replace(/\.[^./]+$/, '')}.safetensors`;
  return new SkipstoneError({
    code: 'checkpoint-pickle',
    what: `${path} is a pickle, which is not opened`,
    have: 'a program that Python would run to get at the weights, with no place that can be mapped',
    need: 'the same tensors as .safetensors: names and bytes, nothing to run',
    do:
      'convert it once, where you trust the file: python -c "import torch; from safetensors.torch import ' +
      `save_file; d = torch.load('${path}', map_location='cpu', weights_only=True, mmap=True); ` +
      "d = next((d[k] for k in ('model', 'module', 'state_dict') if k in d), d); " +
      `save_file({k: v.contiguous() for k, v in d.items() if torch.is_tensor(v)}, '${copy}')". ` +
      'Where torch refuses what lies beside the weights (*_extra_state of original Cosmos files), write ' +
      'weights_only=False: that runs what the file says, so for a file of its authors only',
  });
}
