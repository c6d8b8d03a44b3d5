import type { Hooks, Setup } from '@skipstone/core';
import type { RunPlan } from './run-plan.js';
import { hasNone } from './streams.js';
import type { TokenGroups } from './token-groups.js';

/**
 * Computes the tokens that are due and gives every token its last guided velocity. A step at which none is
 * due calls no model.
 */
export function cachedVelocities(
  { synced, tokenCache }: Setup,
  plan: RunPlan,
  tokens: TokenGroups,
): NonNullable<Hooks['evaluate']> {
  const velocity = tokenCache('velocity');
  return async (call, next) => {
    const { step } = call;
    const why = reasonForAll({
      'no groups yet': !tokens.groups,
      window: plan.table.full(step),
      'not synced': !synced(call.branches),
    });
    const due = await call.decide('due', (note) => {
      if (why !== undefined) note({ reason: why });
      return plan.table.due(step).map((is) => is || why !== undefined);
    });
    const rows = tokens.active(step, due);
    if (!hasNone(rows)) {
      const some = { ...call, rows };
      const now = await next(some);
      await tokens.see(some, now, velocity);
      velocity.write(some, now);
    }
    await tokens.settle(call);
    return velocity.read(call);
  };
}

const reasonForAll = (reasons: Readonly<Record<string, boolean>>): string | undefined =>
  Object.keys(reasons).find((reason) => reasons[reason]);
