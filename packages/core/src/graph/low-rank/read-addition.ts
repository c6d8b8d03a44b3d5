import type { Checkpoint, TensorEntry } from '../../checkpoint/checkpoint.js';
import { claimTensors } from '../../checkpoint/claims.js';
import type { Files } from '../../checkpoint/files.js';
import { readNumbers } from '../../checkpoint/read.js';
import { SkipstoneError } from '../../error.js';
import { storedValues } from '../model-weights.js';
import type { Addition } from '../weights.js';
import { lowRankFault } from './low-rank-fault.js';
import type { SaidScale, ScaleSource } from './scale-sources.js';
import type { StoredAddition, StoredPair } from './stored-additions.js';

export interface ReadAdditionOptions {
  readonly strength: number;
  readonly sources: readonly ScaleSource[];
  readonly files: Files;
}

/** An addition, and for a pair alpha/rank and where alpha stands. */
export interface ReadAddition {
  readonly addition: Addition;
  readonly by?: { readonly scale: number; readonly from: string } | undefined;
}

/**
 * What is added to a weight of this shape. A difference has it too. A pair is for a matrix `[out, in]` or a
 * convolution's `[out, …]`: down `[rank, in]`, up `[out, rank]`, further axes of a convolution as the matrix has them
 * and 1. The rank is the header's. The scale is strength·alpha/rank, alpha being the rank where nobody says.
 */
export async function readAddition(
  file: Checkpoint,
  { pair, difference }: StoredAddition,
  shape: readonly number[],
  { strength, sources, files }: ReadAdditionOptions,
): Promise<ReadAddition> {
  const claims = claimTensors(file);
  const inFile = (entry: TensorEntry, need: readonly number[]) =>
    storedValues(claims.claim(entry.name, need));
  const by = pair && (await scaleOf(file, pair, sources, files));
  const scale = strength * (by?.scale ?? 1);
  if (difference) return { addition: { kind: 'difference', values: inFile(difference, shape), scale } };
  if (!pair) throw new RangeError('neither a pair nor a difference');
  const { down, up } = pair;
  const [out = 0, ...inner] = shape;
  const [rank = 0] = down.shape;
  const whole = [rank, ...inner];
  const matrix = [rank, inner.reduce((a, b) => a * b, 1)];
  const values = {
    down: inFile(down, down.shape.length === 2 ? matrix : whole),
    up: inFile(up, up.shape.length === 2 ? [out, rank] : [out, rank, ...inner.slice(1).map(() => 1)]),
  };
  return { addition: { kind: 'product', rank, ...values, scale }, by };
}

/** How far two places may differ: alpha in bfloat16 has 8 bits. */
const ALIKE = 0.005;

const alike = (a: number, b: number): boolean =>
  Math.abs(a - b) <= ALIKE * Math.max(Math.abs(a), Math.abs(b));

async function scaleOf(
  file: Checkpoint,
  { module, second, down, alpha }: StoredPair,
  sources: readonly ScaleSource[],
  files: Files,
): Promise<{ readonly scale: number; readonly from: string }> {
  const [rank = 0] = down.shape;
  if (rank < 1) throw lowRankFault(file, `'${down.name}' has no rank`, `[${down.shape.join(', ')}]`);
  const beside = alpha ? [await saidBeside(file, alpha, files)] : [];
  const said = [...beside, ...sources.flatMap((source) => source(module, second) ?? [])].map((one) => {
    if (one.rank !== undefined && one.rank !== rank) throw otherRank(file, down, one);
    return { ...one, scale: one.alpha / (one.root ? Math.sqrt(rank) : rank) };
  });
  const unsaid = { scale: 1, alpha: rank, root: false, from: 'no alpha' };
  const [first = unsaid, ...others] = said;
  const other = others.find(({ scale }) => !alike(scale, first.scale));
  if (other) throw disagree(file, down, [first, other]);
  if (Number.isFinite(first.scale)) return { scale: first.scale, from: first.from };
  const have = `alpha ${first.alpha}, rank ${rank}`;
  throw lowRankFault(file, `the scale of '${down.name}' is not a number`, have);
}

async function saidBeside(file: Checkpoint, alpha: TensorEntry, files: Files): Promise<SaidScale> {
  const values = alpha.shape.every((length) => length === 1) ? await readNumbers(alpha, { files }) : [];
  const [value] = values;
  if (value === undefined || alpha.dtype === 'BOOL') {
    const have = `${alpha.dtype} [${alpha.shape.join(', ')}]`;
    throw lowRankFault(file, `'${alpha.name}' is not one number`, have);
  }
  return { alpha: value, root: false, from: '.alpha tensors' };
}

function otherRank(file: Checkpoint, down: TensorEntry, { rank, from }: SaidScale): SkipstoneError {
  return lowRankFault(
    file,
    `${from} gives '${down.name}' another rank than it has`,
    `rank ${rank} there, [${down.shape.join(', ')}] in the file`,
  );
}

type Scaled = SaidScale & { readonly scale: number };

function disagree(file: Checkpoint, down: TensorEntry, said: readonly Scaled[]): SkipstoneError {
  return new SkipstoneError({
    code: 'low-rank-scale',
    what: `${file.files[0]?.path}: what scales '${down.name}' disagrees`,
    have: said.map(({ alpha, from, scale }) => `alpha ${alpha} by ${from} (a scale of ${scale})`).join(', '),
    need: 'one scale',
    do: 'ask who made the file which is right, and correct or take away the other',
  });
}
