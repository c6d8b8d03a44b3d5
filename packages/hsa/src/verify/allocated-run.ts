import { type Ledger, SkipstoneError } from '@skipstone/core';
import { type Checked, compare, type Golden, type GoldenMethod, parseFields } from '@skipstone/golden';
import { z } from 'zod';
import { assignmentOf } from '../assignment-of.js';
import { cutGroups, encodeGroups } from '../groups.js';
import { hsa } from '../hsa.js';
import { relativeChanges } from '../score.js';
import { timetable } from '../timetable.js';

const fields = {
  steps: z.int().positive(),
  strides: z.array(z.int().positive()).min(1),
  early: z.int().min(0),
  late: z.int().min(0),
  /** First and last step whose change of velocity counts. */
  score_steps: z.tuple([z.int().positive(), z.int().positive()]).optional(),
  fractions: z.array(z.number().positive()).optional(),
};

const schema = z.object(fields);
type Fields = z.infer<typeof schema>;

/**
 * A run with a step budget for every token. Groups are decided by the run where its own early steps are
 * those that were scored; else they are given.
 */
export const allocatedRun: GoldenMethod = {
  name: 'heterogeneous step allocation',
  kind: 'method-run',
  accepts: ({ fields: found }) => 'strides' in found && !('proxy' in found),
  fields,
  inputs: ['in.groups', 'in.velocity.'],
  prepare: async (golden) => {
    const given = parseFields(golden, schema);
    const groups = await groupsIn(golden, given.strides.length);
    const { strides, early, late } = given;
    const { score_steps: scoreSteps, fractions } = given;
    const windows = { strides, early: { steps: early }, late: { steps: late } };
    const scored =
      scoreSteps && fractions && allActive(given, scoreSteps[1]) ? { scoreSteps, fractions } : {};
    const assignment = { video: encodeGroups(groups) };
    const plugin = hsa({ ...windows, ...('fractions' in scored ? scored : { assignment }) });
    return { plugins: [plugin], check: (ledger) => checkAllocation(golden, given, ledger, groups) };
  },
};

function allActive({ steps, strides, early, late }: Fields, last: number): boolean {
  const table = timetable({ steps, from: 0, to: steps, strides, early, late });
  return Array.from({ length: last + 1 }, (_, step) => step).every((step) => table.due(step).every(Boolean));
}

async function* checkAllocation(
  golden: Golden,
  given: Fields,
  ledger: Ledger,
  groups: readonly number[],
): AsyncGenerator<Checked> {
  const steps = Array.from({ length: given.steps }, (_, step) => step);
  const active = steps.map((step) => ledger.passes.find((pass) => pass.step === step)?.rows.video ?? 0);
  yield compare('ledger.active', column(active), await golden.reference('ledger.active'), 0);
  const decided = [...(assignmentOf(ledger)?.video ?? '')].map((letter) => Number.parseInt(letter, 36));
  yield compare('in.groups', column(decided), column(groups), 0);
  const { score_steps: scored, fractions } = given;
  if (!scored || !fractions) return;
  const scores = await scoresOf(golden, scored, groups.length);
  yield compare('out.score', column(scores), await golden.reference('out.score'));
  yield compare('in.groups', column(cutGroups(scores, fractions)), column(groups), 0);
}

/** Mean change of the velocities that the folder holds. */
async function scoresOf(
  golden: Golden,
  [first, last]: readonly [number, number],
  tokens: number,
): Promise<readonly number[]> {
  const sums = new Array<number>(tokens).fill(0);
  for (let step = first; step <= last; step++) {
    const [before, now] = await Promise.all([step - 1, step].map((i) => velocity(golden, i)));
    const changes = relativeChanges(before ?? new Float32Array(), now ?? new Float32Array(), tokens);
    for (const [token, change] of changes.entries()) sums[token] = (sums[token] ?? 0) + change;
  }
  return sums.map((sum) => sum / (last - first + 1));
}

async function velocity(golden: Golden, step: number): Promise<Float32Array> {
  const { data } = await golden.input(`in.velocity.${step}`);
  return Float32Array.from(data, Number);
}

async function groupsIn(golden: Golden, count: number): Promise<readonly number[]> {
  const { shape, data } = await golden.input('in.groups');
  const groups = Array.from(data, Number);
  if (shape.length === 1 && groups.every((group) => Number.isInteger(group) && group >= 0 && group < count))
    return groups;
  throw new SkipstoneError({
    code: 'golden-tensors',
    what: `${golden.folder}: in.groups cannot be followed`,
    have: `[${shape.join(', ')}], values up to ${Math.max(...groups)}`,
    need: `one number a token, from 0 to ${count - 1}`,
    do: 'record the case again',
  });
}

const column = (data: readonly number[]) => ({ shape: [data.length], data });
