import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { SkipstoneError } from '../../error.js';

/** A file of additions that cannot be read as one. */
export function lowRankFault(file: Checkpoint, what: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-file',
    what: `${file.files[0]?.path}: ${what}`,
    have,
    need:
      "pairs <model's name>.lora_A.weight and .lora_B.weight (or lora_down and lora_up), .alpha beside them or not; " +
      'differences .diff and .diff_b',
    do: 'name a plain LoRA of this model, or a checkpoint that this one was merged into by the tool it was trained with',
  });
}
