import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { ClaimOptions } from '../../checkpoint/claims.js';
import type { Files } from '../../checkpoint/files.js';
import type { Renames } from '../../checkpoint/layout.js';
import { openCheckpoint } from '../../checkpoint/open.js';
import { sha256 } from '../../checkpoint/sha256.js';
import { nearestName, SkipstoneError } from '../../error.js';
import type { OpenModel } from '../model-weights.js';
import { recordPass } from '../pass-graph.js';
import type { AddedFile, LowRankAddition, WeightSource } from '../weights.js';
import { pairsOf, readAddition, type StoredAddition } from './read-low-rank.js';

/** A file of low-rank additions (LoRA) and how much of it. */
export interface LowRankFile {
  /** A `.safetensors` file. */
  readonly path: string;
  /** Factor of everything in it; any finite number, 0 leaves the file out. Default 1. */
  readonly strength?: number;
}

export interface LowRankOptions extends ClaimOptions {
  /** Gives the model's own names to those of other layouts, as for its checkpoint; names it knows stay. */
  readonly renames?: Renames;
  /** Where to read from; Node's file system unless given. */
  readonly files?: Files;
}

/**
 * The same model with strength·B·A added to its matrices, computed in every pass as two thin products beside
 * the big one: x·Wᵀ + b + s·(x·Aᵀ)·Bᵀ. No weight is merged, copied or read. Several files add up; a file at
 * strength 0 is checked and left out, and the run has the bytes it has without it.
 *
 * Every tensor of a file must belong to a pair that a linear product of the plain pass meets, in its shape:
 * `SkipstoneError` otherwise. `ignore` names weights (as the model would) that other parts of a release have:
 * additions to them are counted and left to those. A file that has nothing else is refused.
 */
export async function withLowRank(
  model: OpenModel,
  additions: readonly LowRankFile[],
  options: LowRankOptions = {},
): Promise<OpenModel> {
  let open = model;
  for (const { path, strength = 1 } of additions) {
    if (!Number.isFinite(strength)) throw wrongStrength(path, strength);
    const file = await openCheckpoint(path, options.files ? { files: options.files } : {});
    open = await withFile(open, file, strength, options);
  }
  return open;
}

async function withFile(
  model: OpenModel,
  file: Checkpoint,
  strength: number,
  { renames = (name) => name, ignore = [], files }: LowRankOptions,
): Promise<OpenModel> {
  const from = file.files[0]?.path ?? '';
  const isElsewhere = (name: string): boolean =>
    ignore.some((one) => (typeof one === 'string' ? one === name : name.search(one) >= 0));
  const pairs = pairsOf(file, renames, (name) => model.checkpoint.tensors.has(name));
  const own = pairs.filter(({ weight }) => !isElsewhere(weight));
  if (own.length === 0) throw nothingOfModel(from, pairs, model);
  const found = new Map<string, LowRankAddition>();
  for (const pair of own) {
    const entry = model.checkpoint.tensors.get(pair.weight);
    if (!entry) throw unknownWeight(from, pair, model);
    found.set(pair.weight, await readAddition(file, pair, entry.shape, { strength, files }));
  }
  const source = withAdditions(model.weights, found);
  assertMet(model, source, found.keys(), from);
  if (strength === 0 || found.size === 0) return model;
  const added: AddedFile = {
    ...{ file: from, fingerprint: file.fingerprint, strength, products: found.size },
    rank: Math.max(...[...found.values()].map(({ rank }) => rank)),
    elsewhere: pairs.length - own.length,
  };
  const fingerprint = await sha256(`${model.fingerprint}\n${added.fingerprint}\n${strength}`);
  const weights = { ...source, fingerprint, added: [...(model.weights.added ?? []), added] };
  return { ...model, weights, fingerprint };
}

function withAdditions(weights: WeightSource, found: ReadonlyMap<string, LowRankAddition>): WeightSource {
  return {
    ...weights,
    find: (name, shape) => {
      const ref = weights.find(name, shape);
      const addition = found.get(name);
      return addition ? { ...ref, additions: [...(ref.additions ?? []), addition] } : ref;
    },
  };
}

/** Records the plain pass: what it cannot compute is refused there, what it never meets here. */
function assertMet(model: OpenModel, source: WeightSource, names: Iterable<string>, from: string): void {
  const left = new Set(names);
  const watched: WeightSource = {
    find: (name, shape) => {
      left.delete(name);
      return source.find(name, shape);
    },
  };
  try {
    recordPass(model.spec, { variant: 'plain', rows: false }, watched, {
      ...{ compute: 'float32', weights: 'mapped', decompose: new Set() },
    });
  } catch (error) {
    throw error instanceof SkipstoneError ? error.relabelled(from) : error;
  }
  const [unmet] = left;
  if (unmet === undefined) return;
  throw new SkipstoneError({
    code: 'low-rank-weight',
    what: `${from}: ${model.spec.name} never reads ${unmet}, which this file adds to`,
    have: `${left.size} such weights`,
    need: 'additions to weights that a pass reads',
    do: 'name a LoRA of this model',
  });
}

function wrongStrength(path: string, strength: number): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-strength',
    what: `${path}: its strength does not serve`,
    have: String(strength),
    need: 'a finite number: 1 is as it was trained, 0 leaves it out',
    do: 'leave strength out for 1',
  });
}

function nothingOfModel(from: string, pairs: readonly StoredAddition[], model: OpenModel): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-weight',
    what: `${from}: nothing in it is for the transformer of ${model.spec.name}, so it would change no run`,
    have: `${pairs.length} additions, all for other parts of the release: '${pairs[0]?.down.name}', for one`,
    need: 'additions to weights that a pass reads',
    do: 'name a LoRA of this model, or leave this one out',
  });
}

function unknownWeight(from: string, { weight, down }: StoredAddition, model: OpenModel): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-weight',
    what: `${from}: it adds to a weight that ${model.spec.name} does not have`,
    have: `'${down.name}', which would be '${weight}'; the nearest is '${nearestName(weight, model.checkpoint.tensors.keys())}'`,
    need: 'additions to weights of this model, under its own or diffusers names',
    do: 'name a LoRA of this model; those of other models and of text encoders do not fit',
  });
}
