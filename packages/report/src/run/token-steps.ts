import type { Decision, Ledger } from '@skipstone/core';

/** Which steps the tokens of one stream were computed at. */
export interface TokenSteps {
  readonly stream: string;
  /** One entry a token: the share of steps at which it was computed, 0 to 1. */
  readonly shares: readonly number[];
  /** One entry a step, over all tokens: steps since each was last computed, 0 where it was computed at this one. */
  readonly staleness: readonly { readonly mean: number; readonly longest: number }[];
  /** False where passes computed more tokens than their groups were due, such as tokens that idled too long. */
  readonly exact: boolean;
}

/**
 * Reads the token groups of a run off its ledger: `groups` says which group each token is in (a letter of base
 * 36 a token, by stream; it holds from the next step on), `due` says for each group whether it is computed at a
 * step. Empty where no plugin divided tokens into groups. Tokens without a group yet are computed.
 */
export function tokenSteps({ decisions, passes, steps }: Ledger): readonly TokenSteps[] {
  const dues = new Map(decisions.filter(isDue).map((decision) => [decision.step, decision.value]));
  const groups = decisions.filter(hasGroups);
  const streams = Object.keys(groups[0]?.value ?? {});
  if (dues.size === 0) return [];
  return streams.map((stream) => {
    const count = groups[0]?.value[stream]?.length ?? 0;
    const [computed, idle] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)];
    let exact = true;
    const staleness = Array.from({ length: steps }, (_, step) => {
      const due = dues.get(step);
      const letters = groups.findLast((decision) => decision.step < step)?.value[stream];
      for (let token = 0; token < count; token++) {
        const group = Number.parseInt(letters?.[token] ?? '', 36);
        const active = Number.isNaN(group) || (due?.[group] ?? true);
        computed[token] = (computed[token] ?? 0) + (active ? 1 : 0);
        idle[token] = active ? 0 : (idle[token] ?? 0) + 1;
      }
      const active = idle.filter((value) => value === 0).length;
      exact &&= passes.every((pass) => pass.step !== step || (pass.rows[stream] ?? active) === active);
      return { mean: idle.reduce((a, b) => a + b, 0) / count, longest: Math.max(...idle) };
    });
    return { stream, shares: computed.map((value) => value / steps), staleness, exact };
  });
}

const isDue = (decision: Decision): decision is Decision & { value: readonly boolean[] } =>
  decision.key === 'due' &&
  Array.isArray(decision.value) &&
  decision.value.every((is) => typeof is === 'boolean');

const hasGroups = (decision: Decision): decision is Decision & { value: Readonly<Record<string, string>> } =>
  decision.key === 'groups' &&
  decision.value !== null &&
  typeof decision.value === 'object' &&
  Object.values(decision.value).every((letters) => typeof letters === 'string');
