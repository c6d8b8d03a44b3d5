import { SkipstoneError } from '../../error.js';
import type { PassForm } from '../../graph/pass-graph.js';
import type { Guidance } from '../../spec/guidance.js';
import { leadersOf } from '../ask/leaders.js';
import type { PluginNeeds } from '../ask/needs.js';
import { PLAIN } from './pass-plan.js';

/** Which form of a pass to write down for whom. */
export interface PassForms {
  /** The model as it is, in the form of the branch that leads. */
  readonly main: PassForm;
  readonly branches: ReadonlyMap<string, PassForm>;
}

/** Each branch has its variant; what its rows are is for plugins to say, who must agree. */
export function passForms(needs: readonly PluginNeeds[], guidance: Guidance): PassForms {
  const asking = needs.filter((one) => one.needs.rows);
  const [first, ...others] = asking;
  const other = others.find((one) => one.needs.rows !== first?.needs.rows);
  if (first && other) throw disagree(first, other);
  const rows = first?.needs.rows ?? false;
  const [leader = guidance.branches[0]?.name] = leadersOf(needs, guidance).values();
  const forks = new Map(guidance.branches.map(({ name, fork }) => [name, fork?.from]));
  // Who goes on from the leader's hidden streams has its rows.
  const withLeader = (name: string | undefined): boolean =>
    name !== undefined && (name === leader || withLeader(forks.get(name)));
  const rowsOf = (name: string): PassForm['rows'] => (rows === 'leader' ? withLeader(name) : rows);
  return {
    main: { variant: PLAIN, rows: rows === 'leader' || rows },
    branches: new Map(
      guidance.branches.map(({ name, variant = PLAIN }) => [name, { variant, rows: rowsOf(name) }]),
    ),
  };
}

function disagree(one: PluginNeeds, other: PluginNeeds): SkipstoneError {
  const saying = ({ plugin, needs }: PluginNeeds): string =>
    `${plugin.name} has ${JSON.stringify(needs.rows)}`;
  return new SkipstoneError({
    code: 'plan-rows',
    what: `plan: ${one.plugin.name} and ${other.plugin.name} do not agree what computed rows attend to`,
    have: `${saying(one)}, ${saying(other)}`,
    need: 'the same needs.rows in all plugins that compute some rows',
    do: 'set their options alike, or leave one of them out',
  });
}
