import type { ClaimOptions } from '../../checkpoint/claims.js';
import { defaultFiles } from '../../checkpoint/default-files.js';
import type { Files } from '../../checkpoint/files.js';
import type { Renames } from '../../checkpoint/layout.js';
import { openCheckpoint } from '../../checkpoint/open.js';
import { sha256 } from '../../checkpoint/sha256.js';
import { nearestName, SkipstoneError } from '../../error.js';
import type { OpenModel } from '../model-weights.js';
import { recordPass } from '../pass-graph.js';
import type { AddedFile, Addition, WeightSource } from '../weights.js';
import { type ReadAddition, readAddition } from './read-addition.js';
import { scaleSources } from './scale-sources.js';
import { type StoredAddition, storedAdditions } from './stored-additions.js';

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
  /**
   * Which of two transformers this is: of a file that holds additions to both it gets its own, none at all where there
   * are none. Left out, such a file is refused.
   */
  readonly expert?: 'first' | 'second' | undefined;
  /** Where to read from; Node's file system unless given. */
  readonly files?: Files;
}

/**
 * The same model with what files add to it, computed in every pass beside it: a matrix W with strength·B·A as
 * x·Wᵀ + b + s·(x·Aᵀ)·Bᵀ, one with a whole difference D as x·Wᵀ + b + s·x·Dᵀ, and any other weight as w + s·d. No weight
 * is merged, copied or read. Several files add up; a file at strength 0 is checked and left out, and the run has the
 * bytes it has without it.
 *
 * Every tensor of a file must be of a pair that a linear product of the plain pass meets, or a difference of a weight
 * that it reads, in its shape: `SkipstoneError` otherwise. `ignore` names weights (as the model would) that other parts
 * of a release have: additions to them are counted and left to those. A file that has nothing else is refused.
 */
export async function withLowRank(
  model: OpenModel,
  additions: readonly LowRankFile[],
  options: LowRankOptions = {},
): Promise<OpenModel> {
  const files = await defaultFiles(options.files);
  let open = model;
  for (const { path, strength = 1 } of additions) {
    if (!Number.isFinite(strength)) throw wrongStrength(path, strength);
    open = await withFile(open, path, strength, { ...options, files });
  }
  return open;
}

async function withFile(
  model: OpenModel,
  path: string,
  strength: number,
  { renames = (name) => name, ignore = [], expert, files }: LowRankOptions & { readonly files: Files },
): Promise<OpenModel> {
  const file = await openCheckpoint(path, { files });
  const from = file.files[0]?.path ?? '';
  const isElsewhere = (name: string): boolean =>
    ignore.some((one) => (typeof one === 'string' ? one === name : name.search(one) >= 0));
  const known = (name: string): boolean => model.checkpoint.tensors.has(name) || isElsewhere(name);
  const stored = storedAdditions(file, renames, known);
  const parted = stored.some(({ second }) => second);
  if (parted && expert === undefined) throw ofTwo(from, stored, model);
  const ours = parted ? stored.filter(({ second }) => second === (expert === 'second')) : stored;
  if (ours.length === 0) return model;
  const own = ours.filter(({ to }) => !isElsewhere(to));
  if (own.length === 0) throw nothingOfModel(from, ours, model);
  const { sources, beside } = await scaleSources(file, path, files);
  const found = new Map<string, Addition[]>();
  const read: ReadAddition[] = [];
  for (const one of own) {
    const entry = model.checkpoint.tensors.get(one.to);
    if (!entry) throw unknownWeight(from, one, model);
    const addition = await readAddition(file, one, entry.shape, { strength, sources, files });
    read.push(addition);
    found.set(one.to, [...(found.get(one.to) ?? []), addition.addition]);
  }
  const source = withAdditions(model.weights, found);
  assertMet(model, source, found.keys(), from);
  if (strength === 0) return model;
  const print =
    beside === undefined ? file.fingerprint : await sha256(file.fingerprint + JSON.stringify(beside));
  const added: AddedFile = {
    ...{ file: from, fingerprint: print, strength, elsewhere: stored.length - own.length },
    ...summary(read),
  };
  const fingerprint = await sha256(`${model.fingerprint}\n${added.fingerprint}\n${strength}`);
  const weights = { ...source, fingerprint, added: [...(model.weights.added ?? []), added] };
  return { ...model, weights, fingerprint };
}

/** How many additions of each kind, and what scales the pairs. */
function summary(read: readonly ReadAddition[]) {
  const products = read.flatMap(({ addition, by }) =>
    addition.kind === 'product' && by ? [{ ...addition, by }] : [],
  );
  const scales = [...new Set(products.map(({ by }) => by.from))].map((from) => {
    const own = products.flatMap(({ by }) => (by.from === from ? [by.scale] : []));
    return { from, products: own.length, least: Math.min(...own), most: Math.max(...own) };
  });
  const rank = Math.max(0, ...products.map((one) => one.rank));
  return { products: products.length, rank, scales, differences: read.length - products.length };
}

function withAdditions(weights: WeightSource, found: ReadonlyMap<string, readonly Addition[]>): WeightSource {
  return {
    ...weights,
    find: (name, shape) => {
      const ref = weights.find(name, shape);
      const additions = found.get(name);
      return additions ? { ...ref, additions: [...(ref.additions ?? []), ...additions] } : ref;
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

const tensorOf = ({ difference, pair }: StoredAddition): string | undefined =>
  (difference ?? pair?.down)?.name;

function nothingOfModel(from: string, stored: readonly StoredAddition[], model: OpenModel): SkipstoneError {
  const some = stored.slice(0, 1).map(tensorOf);
  return new SkipstoneError({
    code: 'low-rank-weight',
    what: `${from}: nothing in it is for the transformer of ${model.spec.name}, so it would change no run`,
    have: `${stored.length} additions, all for other parts of the release: '${some}', for one`,
    need: 'additions to weights that a pass reads',
    do: 'name a LoRA of this model, or leave this one out',
  });
}

function ofTwo(from: string, stored: readonly StoredAddition[], model: OpenModel): SkipstoneError {
  const some = stored
    .filter(({ second }) => second)
    .slice(0, 1)
    .map(tensorOf);
  return new SkipstoneError({
    code: 'low-rank-weight',
    what: `${from}: it adds to two transformers, and ${model.spec.name} has one`,
    have: `'${some}', for one of the second`,
    need: 'additions to one transformer',
    do: 'name a LoRA of this model',
  });
}

function unknownWeight(from: string, one: StoredAddition, model: OpenModel): SkipstoneError {
  const near = nearestName(one.to, model.checkpoint.tensors.keys());
  return new SkipstoneError({
    code: 'low-rank-weight',
    what: `${from}: it adds to a weight that ${model.spec.name} does not have`,
    have: `'${tensorOf(one)}', which would be '${one.to}'; the nearest is '${near}'`,
    need: 'additions to weights of this model, under its own or diffusers names',
    do: 'name a LoRA of this model; those of other models and of text encoders do not fit',
  });
}
