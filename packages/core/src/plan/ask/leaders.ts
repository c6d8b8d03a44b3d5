import { nearestName, SkipstoneError } from '../../error.js';
import type { Branch, Guidance } from '../../spec/guidance.js';
import type { PluginNeeds } from './needs.js';

/** The branch that leads each aligned plugin: whom it names, or a plugin that aligns all, or guidance's first. */
export function leadersOf(needs: readonly PluginNeeds[], guidance: Guidance): ReadonlyMap<string, string> {
  const first = guidance.branches[0]?.name ?? '';
  const all = needs.find((one) => one.needs.align?.of === 'all')?.needs.align;
  return new Map(
    needs.flatMap(({ plugin, needs: own }) => {
      const leader = own.align?.leader ?? all?.leader ?? first;
      return own.align || all ? [[plugin.name, leader] as const] : [];
    }),
  );
}

/** Who leads at a step: the leader, or, at a step that leaves it out, the branch that runs first. */
export const leaderAt = (leader: string | undefined, branches: readonly string[]): string | undefined =>
  leader === undefined || branches.includes(leader) ? leader : branches[0];

/** Branches in the order they run in: who leads comes first, the rest as guidance lists them. */
export function leadersFirst(
  branches: readonly Branch[],
  leaders: ReadonlyMap<string, string>,
): readonly Branch[] {
  const leads = new Set(leaders.values());
  return [
    ...branches.filter(({ name }) => leads.has(name)),
    ...branches.filter(({ name }) => !leads.has(name)),
  ];
}

/** Followers take over what their leader decided before them: there is one, it is a branch, it forks from nobody. */
export function checkLeaders(needs: readonly PluginNeeds[], guidance: Guidance): void {
  const names = guidance.branches.map((branch) => branch.name);
  const leaders = [...leadersOf(needs, guidance)];
  for (const [plugin, leader] of leaders) {
    const branch = guidance.branches.find(({ name }) => name === leader);
    if (!branch) throw cannotLead(plugin, leader, names, `did you mean ${nearestName(leader, names)}?`);
    if (branch.fork) {
      const { from } = branch.fork;
      throw cannotLead(
        plugin,
        leader,
        [`${leader} goes on from ${from}, which runs before it`],
        `name ${from}`,
      );
    }
    const other = leaders.find(([, one]) => one !== leader);
    if (other)
      throw cannotLead(
        plugin,
        leader,
        [`${other[0]} follows ${other[1]}`],
        'name one leader for all plugins',
      );
  }
}

function cannotLead(plugin: string, leader: string, have: readonly string[], remedy: string): SkipstoneError {
  return new SkipstoneError({
    code: 'plan-leader',
    what: `${plugin}: the branch ${leader} cannot lead`,
    have: have.join(', '),
    need: 'one branch of guidance that leads all aligned plugins and goes on from no other',
    do: `leave align.leader out, or ${remedy}`,
  });
}
