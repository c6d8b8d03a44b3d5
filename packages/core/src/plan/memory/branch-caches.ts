import type { KeyValueCache } from '../../graph/keys-values.js';
import type { Branch } from '../../spec/guidance.js';
import type { PassPlan } from '../cut/pass-plan.js';

/** The caches of one branch's pass; a forked branch needs only those after its fork. */
export interface BranchCaches {
  readonly all: readonly KeyValueCache[];
  readonly needed: readonly KeyValueCache[];
}

/** Each branch overwrites the caches of its own pass. */
export function branchCaches(
  branches: readonly Branch[],
  passes: ReadonlyMap<string, PassPlan>,
): ReadonlyMap<string, BranchCaches> {
  return new Map(
    branches.map(({ name, fork }) => {
      const pass = passes.get(name);
      const all = pass?.caches ?? [];
      const from = (fork && pass?.stations.get(fork.at)?.position) ?? 0;
      return [name, { all, needed: all.filter((cache) => cache.position > from) }];
    }),
  );
}
