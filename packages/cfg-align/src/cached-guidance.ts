import { CONTRACT, type EvaluateCall, type Plugin, type Streams, warmupSteps } from '@skipstone/core';
import { type CachedGuidanceOptions, knownOptions } from './cached-guidance-options.js';
import { FASTER_CACHE } from './references.js';

/**
 * Computes every branch but guidance's leading one at some steps only. In between, what the others would predict is
 * rebuilt: their last prediction, or the leader's of this step plus how far they were from it when they ran last. No
 * row is rebuilt from something `every` or more steps old, or from before a step that its branch was left out of.
 *
 * Source: CFG-Cache of FasterCache, arXiv:2410.19355.
 * Deviation: differences are not split into frequencies and do not grow with age; a latent's spectrum is no business
 * of a plugin that works on any tokens. The test "rebuilds from the last difference" bounds it to the sum.
 */
export function cachedGuidance(options: CachedGuidanceOptions = {}): Plugin {
  const known = knownOptions(options);
  return {
    name: 'cached-guidance',
    contract: CONTRACT,
    references: [FASTER_CACHE],
    needs: () => ({
      caches: {
        'predictions.last': { rowsOf: 'latents', leftOut: 'keep' },
        'predictions.then': { rowsOf: 'latents', per: 'run' },
      },
    }),
    outlook: ({ steps }) => {
      const { every, warmup } = known;
      return [
        `all branches run at the first ${warmupSteps(warmup, steps)} steps, then once in ${every} at least`,
      ];
    },
    setup: (run) => {
      const { guidance, kernels, tokenCache } = run;
      const branches = guidance.branches.map(({ name }) => name);
      const [leader = ''] = branches;
      const last = tokenCache('predictions.last');
      /** The leader's when the others ran last: what they differed from. */
      const then = tokenCache('predictions.then');
      /** The first step since which no other branch was left out; what is of before is of the past. */
      const since = run.cell(0);
      const held = run.cell<readonly string[]>([]);
      const warm = warmupSteps(known.warmup, run.steps);
      /** Branches that ran in the evaluation that is under way. */
      const ran = new Set<string>();
      const rebuilt = (call: EvaluateCall, others: readonly string[]): Readonly<Record<string, Streams>> => {
        const now = last.read({ ...call, branch: leader });
        const of = others.map((branch) => {
          const before = last.read({ ...call, branch });
          if (known.form === 'prediction') return [branch, before] as const;
          return [branch, kernels.add(now, kernels.sub(before, then.read(call)))] as const;
        });
        return Object.fromEntries([[leader, now] as const, ...of]);
      };
      return {
        evaluate: async (call, next) => {
          ran.clear();
          const others = call.branches.filter((branch) => branch !== leader);
          if (others.some((branch) => !held.value.includes(branch))) since.value = call.step;
          held.value = others;
          if (others.length === 0) return next(call);
          const reuse = await call.decide('reuse', (note) => {
            const ages = others.map((branch) => last.age({ ...call, branch }) ?? Number.POSITIVE_INFINITY);
            const age = Math.max(...ages);
            const current = age <= call.step - since.value;
            note({ threshold: known.every, ...(current ? { signal: age } : {}) });
            return call.step >= warm && current && age < known.every;
          });
          const out = await next(reuse ? { ...call, branches: [leader] } : call);
          if (!reuse) held.value = others.filter((branch) => ran.has(branch));
          // A plugin further in that knew the result without any pass has the last word.
          if (!reuse || !ran.has(leader)) return out;
          const latents = kernels.gather(call.latents, call.rows);
          const predictions = rebuilt(call, others);
          return guidance.combine({ step: call.step, sigma: call.sigma, latents, predictions, kernels });
        },
        forward: async (call, next) => {
          const out = await next(call);
          ran.add(call.branch);
          last.write(call, out);
          if (call.branch === leader && call.branches.length > 1) then.write(call, out);
          return out;
        },
        expectedShare: (step) =>
          step < warm ? 1 : (1 + (branches.length - 1) / known.every) / branches.length,
      };
    },
  };
}
