import type { Decision, Ledger } from '@skipstone/core';

/**
 * What a branch did at a step, as one key of a plugin decided. Keys named `reuse` or `skip`, and the groups of
 * `due`, say `reused` or `computed`, others `yes` or `no`; `follows`: the answer was another branch's. `absent`: the branch did not
 * run, and nobody decided. `undecided`: it ran, and nobody decided.
 */
export type StepState = Answer | `${Answer}-follows` | 'absent' | 'undecided';

type Answer = 'computed' | 'reused' | 'yes' | 'no';

const MEANINGS = [
  { keys: /(?:^|\.)(?:reuse|skip)$/, yes: 'reused', no: 'computed' },
  { keys: /^due \d+$/, yes: 'computed', no: 'reused' },
  { keys: /^/, yes: 'yes', no: 'no' },
] as const;

/** True for keys whose `true` means that something was not computed: `reuse`, `skip`, `blocks.3.reuse`. */
export const reuses = (key: string): boolean => MEANINGS[0].keys.test(key);

export interface DecisionRow {
  /** Missing where no plugin decided anything that is true or false. */
  readonly plugin?: string;
  readonly key?: string;
  /** Missing for decisions that are taken once for all branches. */
  readonly branch?: string;
  /** One entry a step. */
  readonly steps: readonly DecisionCell[];
}

export interface DecisionCell {
  readonly state: StepState;
  readonly decision?: Decision;
}

/**
 * The decisions of a run that are true or false, one row for each plugin, key and branch, in the order in
 * which they were first taken. A list of them, as of token groups that are due, has a row for each of its
 * places. Without any: one row a branch that says where it ran.
 */
export function decisionRows(ledger: Ledger): readonly DecisionRow[] {
  const ran = new Set(ledger.passes.map(({ step, branch }) => `${step} ${branch}`));
  const byRow = new Map<string, Map<number, Decision>>();
  for (const decision of ledger.decisions.flatMap(answers)) {
    const { plugin, key, branch } = decision;
    const id = JSON.stringify([plugin, key, branch]);
    byRow.set(id, (byRow.get(id) ?? new Map()).set(decision.step, decision));
  }
  const cells = (branch: string | undefined, taken: ReadonlyMap<number, Decision>): DecisionCell[] =>
    Array.from({ length: ledger.steps }, (_, step) => {
      const decision = taken.get(step);
      if (decision) return { state: stateOf(decision), decision };
      return { state: branch === undefined || ran.has(`${step} ${branch}`) ? 'undecided' : 'absent' };
    });
  const rows = [...byRow.values()].flatMap((taken): DecisionRow[] => {
    const [first] = taken.values();
    if (!first) return [];
    const { plugin, key, branch } = first;
    return [{ plugin, key, ...(branch === undefined ? {} : { branch }), steps: cells(branch, taken) }];
  });
  if (rows.length > 0) return rows;
  const branches = [...new Set(ledger.passes.map(({ branch }) => branch))];
  return branches.map((branch) => ({ branch, steps: cells(branch, new Map()) }));
}

/** One decision for each answer in it: `due 0`, `due 1`, … of a list. */
function answers(decision: Decision): readonly Decision[] {
  const { key, value } = decision;
  if (typeof value === 'boolean') return [decision];
  if (!Array.isArray(value)) return [];
  return value.flatMap((one, i) =>
    typeof one === 'boolean' ? [{ ...decision, key: `${key} ${i}`, value: one }] : [],
  );
}

function stateOf({ key, value, follows }: Decision): StepState {
  const answer = MEANINGS.find(({ keys }) => keys.test(key))?.[value === true ? 'yes' : 'no'] ?? 'no';
  return follows === undefined ? answer : `${answer}-follows`;
}
