import { SkipstoneError } from '../../error.js';
import type { Guidance } from '../../spec/guidance.js';
import type { ModelSpec } from '../../spec/model.js';
import type { Sampler } from '../../spec/sampler.js';
import type { Schedule } from '../../spec/schedule.js';
import type { PluginNeeds } from './needs.js';

/** Phases follow each other from the first step to the last. */
export function checkSteps(
  phases: readonly { readonly name: string; readonly from: number; readonly to: number }[],
  steps: number,
): void {
  const joined = phases.every((phase, i) => phase.from === (phases[i - 1]?.to ?? 0) && phase.to > phase.from);
  if (joined && phases.at(-1)?.to === steps) return;
  throw new SkipstoneError({
    code: 'plan-phases',
    what: 'plan: the phases do not cover the steps of the schedule',
    have: phases.map((phase) => `${phase.name} ${phase.from}–${phase.to}`).join(', '),
    need: `phases that follow each other from 0 to ${steps}`,
    do: 'set from and to of each phase',
  });
}

/** A multistep sampler must know each token's next step. */
export function checkSampler(needs: readonly PluginNeeds[], sampler: Sampler): void {
  const bad = needs.find((n) => n.needs.steps === 'any');
  if (!bad || sampler.memory === 0) return;
  throw new SkipstoneError({
    code: 'plan-sampler',
    what: `${bad.plugin.name}: it cannot say a token's next step, which ${sampler.name} must know`,
    have: `${sampler.name}, which reads ${sampler.memory} past predictions on one grid`,
    need: 'a sampler without memory, or a plugin that integrates groups on their own grids',
    do: 'use the euler sampler, or give the plugin fixed groups',
  });
}

/** Fresh noise fits rows that all step, on levels of flow matching that end in data. */
export function checkNoise(needs: readonly PluginNeeds[], { name, seed }: Sampler, schedule: Schedule): void {
  if (seed === undefined) return;
  const idling = needs.find((n) => n.needs.rows !== undefined && n.needs.rows !== false);
  if (idling) {
    throw new SkipstoneError({
      code: 'plan-sampler',
      what: `${idling.plugin.name}: rows that idle move by velocities that know nothing of noise added since`,
      have: `${name}, which adds noise at every step`,
      need: 'a sampler without noise, or plugins that compute all rows',
      do: `use the euler sampler, or leave ${idling.plugin.name} out`,
    });
  }
  const { sigmas, startScale = 1, endScale = 1 } = schedule;
  const falls = sigmas.every((sigma, i) => sigma >= 0 && sigma <= 1 && sigma < (sigmas[i - 1] ?? 2));
  if (falls && startScale === 1 && endScale === 1) return;
  throw new SkipstoneError({
    code: 'plan-sampler',
    what: `${name} adds noise as flow matching has it, and ${schedule.name} is of another kind`,
    have: `${schedule.name}, σ ${sigmas[0]} to ${sigmas.at(-1)}${startScale === 1 ? '' : ', scaled'}`,
    need: 'noise levels that fall within 1 to 0, of a state that is not scaled',
    do: 'use the euler sampler',
  });
}

/** The model can emit what branches ask for. */
export function checkVariants(spec: ModelSpec, guidance: Guidance): void {
  for (const branch of guidance.branches) {
    if (!branch.variant || spec.variants.includes(branch.variant)) continue;
    throw new SkipstoneError({
      code: 'plan-variant',
      what: `${spec.name}: branch ${branch.name} needs the variant ${branch.variant}`,
      have: spec.variants.join(', ') || 'no variants',
      need: 'a variant that the model can emit',
      do: 'leave this branch out of guidance, or use a model that has the variant',
    });
  }
}

/** A branch forks from one that runs before it. */
export function checkForks({ branches }: Guidance): void {
  branches.forEach(({ name, fork }, i) => {
    if (fork && !branches.slice(0, i).some((other) => other.name === fork.from))
      throw noForkFrom(name, fork.from);
  });
}

function noForkFrom(branch: string, from: string): SkipstoneError {
  return new SkipstoneError({
    code: 'plan-fork',
    what: `branch ${branch} forks from ${from}, which does not run before it`,
    have: `fork { from: '${from}' }`,
    need: 'a branch further up in the list of guidance',
    do: 'put the branches in the order they run in',
  });
}
