import type { Checkpoint, TensorEntry } from '../../checkpoint/checkpoint.js';
import { claimTensors } from '../../checkpoint/claims.js';
import type { Files } from '../../checkpoint/files.js';
import type { Renames } from '../../checkpoint/layout.js';
import { readNumbers } from '../../checkpoint/read.js';
import { SkipstoneError } from '../../error.js';
import { storedValues } from '../model-weights.js';
import type { LowRankAddition } from '../weights.js';
import { type AlphaRule, alphaRule } from './alpha-rule.js';
import { flatNames } from './flat-names.js';
import { tensorRole } from './tensor-role.js';

/** The tensors of one addition, as they lie in their file. */
export interface StoredAddition {
  /** The weight that is added to, by the name that the model knows. */
  readonly weight: string;
  readonly down: TensorEntry;
  readonly up: TensorEntry;
  readonly alpha: TensorEntry | undefined;
}

type Parts = { -readonly [Role in 'down' | 'up' | 'alpha']?: TensorEntry };

/**
 * Pairs of a file by the weight they add to, one that the model has or not. Every tensor has one role in one pair, or the
 * error names it.
 */
export function pairsOf(
  file: Checkpoint,
  renames: Renames,
  has: (weight: string) => boolean,
): readonly StoredAddition[] {
  const flatName = flatNames(renames, has);
  const found = new Map<string, Parts>();
  const refused = new Map<string, string[]>();
  for (const [stored, entry] of file.tensors) {
    const known = tensorRole(stored);
    if (known.role === 'refused') {
      refused.set(known.kind, [...(refused.get(known.kind) ?? []), stored]);
      continue;
    }
    const weight = known.flat ? flatName(known.module) : renames(`${known.module}.weight`);
    if (weight === undefined)
      throw fault(file, 'it is for another model', `'${stored}', which names no weight here`);
    const parts = found.get(weight) ?? {};
    const other = parts[known.role];
    if (other) throw fault(file, `two tensors have one place`, `'${other.name}' and '${stored}'`);
    found.set(weight, { ...parts, [known.role]: entry });
  }
  const [first] = refused;
  if (first) throw notThin(file, ...first);
  if (found.size === 0) throw fault(file, 'nothing in this file is a low-rank addition', 'no tensor');
  return [...found].map(([weight, { down, up, alpha }]) => {
    if (down && up) return { weight, down, up, alpha };
    const alone = (down ?? up ?? alpha)?.name;
    throw fault(file, `'${alone}' has no fellow`, down || up ? 'one of two factors' : 'an alpha alone');
  });
}

/**
 * One pair as what is added to a matrix of this shape, `[out, in]` or a convolution's `[out, …]`: down
 * `[rank, in]`, up `[out, rank]`, further axes of a convolution as the matrix has them and 1. The rank is the
 * header's. The scale is strength·alpha/rank, alpha being the rank where nobody says.
 */
export async function readAddition(
  file: Checkpoint,
  { down, up, alpha }: StoredAddition,
  shape: readonly number[],
  { strength, files }: { readonly strength: number; readonly files: Files | undefined },
): Promise<LowRankAddition> {
  const claims = claimTensors(file);
  const [out = 0, ...inner] = shape;
  const rank = down.shape[0] ?? 0;
  const asMatrix = [rank, inner.reduce((a, b) => a * b, 1)];
  const flat = down.shape.length === 2;
  const inFile = (entry: TensorEntry, need: readonly number[]) =>
    storedValues(claims.claim(entry.name, need));
  if (rank < 1) throw fault(file, `'${down.name}' has no rank`, `[${down.shape.join(', ')}]`);
  const values = {
    down: inFile(down, flat ? asMatrix : [rank, ...inner]),
    up: inFile(up, up.shape.length === 2 ? [out, rank] : [out, rank, ...inner.slice(1).map(() => 1)]),
  };
  if (alpha) claims.claim(alpha.name, alpha.shape.length === 0 ? [] : [1]);
  const rule: AlphaRule = alphaRule(file);
  const [said = rule.alpha ?? rank] = alpha ? await readNumbers(alpha, files ? { files } : {}) : [];
  const scale = (strength * said) / (rule.root ? Math.sqrt(rank) : rank);
  if (Number.isFinite(scale)) return { rank, ...values, scale };
  throw fault(file, `the scale of '${down.name}' is not a number`, `alpha ${said}, rank ${rank}`);
}

function notThin(file: Checkpoint, kind: string, names: readonly string[]): SkipstoneError {
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
  return fault(file, `not all of this file is low-rank additions`, `${names.length} ${kind}: ${some}`);
}

function fault(file: Checkpoint, what: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-file',
    what: `${file.files[0]?.path}: ${what}`,
    have,
    need: "pairs <model's name>.lora_A.weight and .lora_B.weight (or lora_down and lora_up), .alpha beside them or not",
    do: 'name a LoRA of this model, or convert it with the tool it was trained with (ComfyUI or diffusers names)',
  });
}
