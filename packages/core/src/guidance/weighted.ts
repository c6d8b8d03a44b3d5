import { nearestName, SkipstoneError } from '../error.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import type { Branch, CombineCall, Guidance } from '../spec/guidance.js';
import type { Streams } from '../spec/tensor.js';
import { eachStream, isZero, type PerStream, perStream } from './per-stream.js';
import { rescaled } from './rescale.js';

export interface WeightedOptions {
  /** Default `weighted`. */
  readonly name?: string;
  readonly branches: readonly Branch[];
  /** The branch that runs at every step and gets what the others leave of 1. Default: the first. */
  readonly leader?: string;
  /** Weight of each other branch's prediction. Negative pushes away from it. */
  readonly weights: Readonly<Record<string, PerStream>>;
  /** ρ, 0 (default) to 1: how far the result's spread goes back to the leader's. See `rescale.ts`. */
  readonly rescale?: PerStream;
}

/**
 * A linear combination of branches: Σ_b w_b·v_b, where the leader's weight is 1 − Σ of the others'. So a branch
 * that is left out of a step takes its pull with it and the rest stays as it is:
 * leader + Σ_{others that ran} w_b·(v_b − leader).
 *
 * As weights add up to 1, it is the same on velocities and on clean predictions x0 = x − σ·v.
 */
export function weighted(options: WeightedOptions): Guidance {
  const { name = 'weighted', weights, rescale = 0 } = options;
  assertKnownOptions(name, options, ['name', 'branches', 'leader', 'weights', 'rescale']);
  const branches = leaderFirst(name, options);
  assertWeights(name, branches.slice(1), weights);
  assertRescale(name, rescale);
  return {
    name,
    branches,
    numbers: { weights, rescale },
    at: () => branches,
    combine: (call) => {
      const { lead, others } = sorted(name, call, branches);
      const pulling = others.flatMap(([branch, of]) => {
        const weight = weights[branch] ?? 0;
        return isZero(weight) ? [] : [{ weight, of }];
      });
      if (pulling.length === 0) return lead;
      const guided = eachStream(call.kernels, lead, (stream) => {
        const terms = pulling.map(({ weight, of }) => ({ scale: perStream(name, weight, stream), of }));
        return [{ scale: 1 - terms.reduce((sum, { scale }) => sum + scale, 0), of: lead }, ...terms];
      });
      return isZero(rescale) ? guided : rescaled(call, lead, guided, rescale);
    },
  };
}

/** The predictions of a call: the leader's, and the others' in the order of the branches. */
function sorted(
  name: string,
  { predictions }: CombineCall,
  branches: readonly Branch[],
): { readonly lead: Streams; readonly others: readonly (readonly [string, Streams])[] } {
  const known = branches.map((branch) => branch.name);
  for (const ran of Object.keys(predictions)) {
    if (!known.includes(ran)) throw branchFault(name, ran, known, 'predictions of its own branches only');
  }
  const [first, ...others] = known.flatMap((branch) => {
    const found = predictions[branch];
    return found === undefined ? [] : [[branch, found] as const];
  });
  const [leader = ''] = known;
  if (first?.[0] !== leader) {
    throw branchFault(name, leader, Object.keys(predictions), 'a prediction of the leader at every step');
  }
  return { lead: first[1], others };
}

function leaderFirst(name: string, { branches, leader }: WeightedOptions): readonly Branch[] {
  const names = branches.map((branch) => branch.name);
  const wanted = leader ?? names[0] ?? '';
  const first = branches.find((branch) => branch.name === wanted);
  if (first === undefined) throw branchFault(name, wanted, names, 'the leader among the branches');
  const repeated = names.find((one, i) => names.indexOf(one) !== i);
  if (repeated !== undefined) throw branchFault(name, repeated, names, 'a name of its own for each branch');
  return [first, ...branches.filter((branch) => branch !== first)];
}

function assertWeights(name: string, others: readonly Branch[], weights: WeightedOptions['weights']): void {
  const known = others.map((branch) => branch.name);
  for (const branch of Object.keys(weights)) {
    if (!known.includes(branch))
      throw branchFault(name, branch, known, 'weights of the branches beside the leader');
  }
  for (const branch of known) {
    const weight = weights[branch];
    if (weight !== undefined && numbersOf(weight).every((one) => Number.isFinite(one))) continue;
    throw new SkipstoneError({
      code: 'guidance-weight',
      what: `${name}: the branch '${branch}' needs a weight`,
      have: weight === undefined ? 'none' : numbersOf(weight).join(', '),
      need: 'a finite number, or one for each stream',
      do: `pass it in { weights: { ${branch} } }`,
    });
  }
}

function assertRescale(name: string, rescale: PerStream): void {
  if (numbersOf(rescale).every((one) => one >= 0 && one <= 1)) return;
  throw new SkipstoneError({
    code: 'guidance-rescale',
    what: `${name}: the rescale is out of range`,
    have: numbersOf(rescale).join(', '),
    need: 'a number from 0 to 1, or one for each stream',
    do: 'pass { rescale } in that range',
  });
}

function numbersOf(value: PerStream): readonly number[] {
  return typeof value === 'number' ? [value] : Object.values(value);
}

/** A branch that is missing, unknown or named twice. */
export function branchFault(
  owner: string,
  branch: string,
  known: readonly string[],
  need: string,
): SkipstoneError {
  const near = nearestName(branch, known);
  return new SkipstoneError({
    code: 'guidance-branch',
    what: `${owner}: the branch '${branch}' does not fit`,
    have: known.length === 0 ? 'no branches' : known.join(', '),
    need,
    do: near === undefined ? 'name at least one branch' : `check the names; the nearest is '${near}'`,
  });
}
