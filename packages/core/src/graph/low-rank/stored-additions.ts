import type { Checkpoint, TensorEntry } from '../../checkpoint/checkpoint.js';
import type { Renames } from '../../checkpoint/layout.js';
import { flatNames } from './flat-names.js';
import { lowRankFault } from './low-rank-fault.js';
import { type Role, tensorRole } from './tensor-role.js';

/** Two thin factors, as they lie in their file. */
export interface StoredPair {
  /** As the file calls it, without what tools put before its name. */
  readonly module: string;
  readonly second: boolean;
  readonly down: TensorEntry;
  readonly up: TensorEntry;
  readonly alpha: TensorEntry | undefined;
}

/** One addition, as it lies in its file. */
export interface StoredAddition {
  /** What is added to, by the name that the model knows. */
  readonly to: string;
  /** True of the second of two transformers. */
  readonly second: boolean;
  /** A whole difference; absent where the pair is the addition. */
  readonly difference?: TensorEntry;
  /** The pair; of a difference, the one whose scale it has. */
  readonly pair?: StoredPair;
}

interface Module {
  readonly module: string;
  readonly second: boolean;
  readonly parts: { readonly [role in Role]?: TensorEntry };
}

/**
 * Additions of a file by what they add to, a tensor that the model has or not. Every tensor has one role in one
 * module, or the error names it.
 */
export function storedAdditions(
  file: Checkpoint,
  renames: Renames,
  has: (tensor: string) => boolean,
): readonly StoredAddition[] {
  const names: ModelNames = {
    of: (module, part) => renames(`${module}.${part}`),
    weightOf: (module) => {
      const [weight, itself] = [renames(`${module}.weight`), renames(module)];
      return !has(weight) && has(itself) ? itself : weight;
    },
    isModule: (module) => has(renames(`${module}.weight`)) || has(renames(module)),
  };
  const modules = modulesOf(file, names);
  if (modules.length === 0)
    throw lowRankFault(file, 'nothing in this file is a low-rank addition', 'no tensor');
  return modules.flatMap((module) => [...additionsOf(file, module, names)]);
}

interface ModelNames {
  of(module: string, part: string): string;
  /** The weight of a module, or the table that has its name. */
  weightOf(module: string): string;
  isModule(name: string): boolean;
}

function modulesOf(file: Checkpoint, names: ModelNames): readonly Module[] {
  const dotted = flatNames(names.isModule);
  const modules = new Map<string, Module>();
  const refused = new Map<string, string[]>();
  for (const [stored, entry] of file.tensors) {
    const known = tensorRole(stored);
    if (known.role === 'refused') {
      refused.set(known.kind, [...(refused.get(known.kind) ?? []), stored]);
      continue;
    }
    const { role, second } = known;
    const module = known.flat ? dotted(known.module) : known.module;
    if (module === undefined) {
      throw lowRankFault(file, 'it is for another model', `'${stored}', which names no weight here`);
    }
    const key = `${second} ${names.of(module, 'weight')}`;
    const parts: Module['parts'] = modules.get(key)?.parts ?? {};
    const other = parts[role];
    if (other) throw lowRankFault(file, 'two tensors have one place', `'${other.name}' and '${stored}'`);
    modules.set(key, { module, second, parts: { ...parts, [role]: entry } });
  }
  const [first] = refused;
  if (first) throw notServed(file, ...first);
  return [...modules.values()];
}

function* additionsOf(
  file: Checkpoint,
  { module, second, parts }: Module,
  names: ModelNames,
): Generator<StoredAddition> {
  const { down, up, alpha, upBias, diff, diffBias, diffModulation } = parts;
  if (down && up) {
    const pair = { module, second, down, up, alpha };
    yield { to: names.of(module, 'weight'), second, pair };
    if (upBias) yield { to: names.of(module, 'bias'), second, difference: upBias, pair };
  } else {
    const alone = down ?? up ?? upBias ?? alpha;
    const have = down || up ? 'one of two factors' : `an ${alpha ? 'alpha' : 'addition to a bias'} alone`;
    if (alone) throw lowRankFault(file, `'${alone.name}' has no fellow`, have);
  }
  if (diff) yield { to: names.weightOf(module), second, difference: diff };
  if (diffBias) yield { to: names.of(module, 'bias'), second, difference: diffBias };
  if (diffModulation) yield { to: names.of(module, 'modulation'), second, difference: diffModulation };
}

function notServed(file: Checkpoint, kind: string, tensors: readonly string[]) {
  const some = tensors.slice(0, 3).join(', ') + (tensors.length > 3 ? ', …' : '');
  const what = 'not all of this file is low-rank additions or differences';
  return lowRankFault(file, what, `${tensors.length} ${kind}: ${some}`);
}
