import { leadersOf } from '../../plan/ask/leaders.js';
import { outlookOf } from '../../plan/ask/outlook.js';
import { plannedCaches } from '../../plan/memory/token-caches.js';
import type { Setup } from '../../spec/plugin.js';
import type { Keep } from '../../spec/sampler.js';
import type { HostTensor, Tensor } from '../../spec/tensor.js';
import { Keeper } from '../memory/keep.js';
import type { CacheMeans } from '../memory/rows.js';
import { isVirtual, virtualError } from '../memory/store.js';
import { Forks } from '../pass/forks.js';
import { type NamedHooks, relabel } from './onion.js';
import type { PhaseRun } from './phase-run.js';
import { PinnedTokens } from './pinned.js';

type Shared = Omit<PhaseRun, 'hooks' | 'keepers' | 'forks' | 'gathered' | 'kernels' | 'put' | 'pinned'>;

/** Begins a phase: asks each plugin for its hooks and gives it its own memory. */
export function phaseRun({
  means,
  lasting,
  ...shared
}: Shared & { readonly means: CacheMeans; readonly lasting: readonly Keeper[] }): PhaseRun {
  const { plan, phase, decisions } = shared;
  decisions.leaders = leadersOf(phase.needs, phase.guidance);
  const { kernels } = means;
  const pinned = new PinnedTokens(phase.given ?? {}, phase.rows, means.store, kernels);
  const model = { spec: phase.spec, stations: phase.main.stations };
  const keepers = phase.needs.map(
    (one) => new Keeper(means, plannedCaches(one, model), decisions.leaders.get(one.plugin.name)),
  );
  const hooks = plan.request.plugins.map((plugin, i): NamedHooks => {
    const [keeper, kept] = [keepers[i] ?? new Keeper(means), lasting[i] ?? new Keeper(means)];
    try {
      return { name: plugin.name, hooks: plugin.setup(setupOf(shared, means, keeper, kept.reopened())) };
    } catch (error) {
      throw relabel(error, `${plugin.name}, setup`);
    }
  });
  const put = (host: HostTensor): Tensor => means.store.put(host);
  const forks = new Forks(means.store, phase.guidance.branches);
  return { ...shared, kernels, put, pinned, hooks, keepers, forks, gathered: undefined };
}

function setupOf({ plan, phase, runner }: Shared, means: CacheMeans, keeper: Keeper, lasting: Keep): Setup {
  return {
    ...outlookOf(plan.request, phase, phase.rows),
    lasting,
    kernels: means.kernels,
    cell: (initial) => keeper.cell(initial),
    slot: () => keeper.slot(),
    tokenCache: (name) => keeper.tokenCache(name),
    synced: (branches) => runner.keysValues.synced(branches),
    readBack: async (tensor) => {
      if (isVirtual(tensor)) throw virtualError(tensor);
      const { data } = await means.store.room.read(tensor.id);
      if (data instanceof Float32Array) return data;
      throw new TypeError('only float32 tensors are read back');
    },
  };
}
