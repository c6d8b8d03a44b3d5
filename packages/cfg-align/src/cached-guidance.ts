import { CONTRACT, type ForwardCall, type Plugin, type Setup, type Streams } from '@skipstone/core';
import { type CachedGuidanceOptions, knownOptions, warmSteps } from './cached-guidance-options.js';
import { FASTER_CACHE } from './references.js';
import { computedAt, neverComputed, oldest } from './row-steps.js';

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
    needs: ({ streams }) => ({
      cacheBytes: (rows, branches) => {
        const values = Object.entries(streams).map(([stream, { patch }]) => (rows[stream] ?? 0) * patch);
        return { predictions: 4 * (branches.length + 1) * values.reduce((a, b) => a + b, 0) };
      },
    }),
    outlook: ({ steps }) => {
      const { every, warmup } = known;
      return [
        `all branches run at the first ${warmSteps(warmup, steps)} steps, then once in ${every} at least`,
      ];
    },
    setup: (run) => {
      const { guidance, kernels, rows, steps } = run;
      const branches = guidance.branches.map(({ name }) => name);
      const [leader = ''] = branches;
      const kept = keptPredictions(run, leader, known.form);
      const rowSteps = run.cell(neverComputed(rows));
      const held = run.cell<readonly string[]>([]);
      const warm = warmSteps(known.warmup, steps);
      /** Branches that ran in the evaluation that is under way. */
      const ran = new Set<string>();
      return {
        evaluate: async (call, next) => {
          ran.clear();
          const others = call.branches.filter((branch) => branch !== leader);
          if (others.some((branch) => !held.value.includes(branch))) rowSteps.value = neverComputed(rows);
          held.value = others;
          if (others.length === 0) return next(call);
          const reuse = await call.decide('reuse', (note) => {
            const age = oldest(rowSteps.value, call.rows, call.step);
            note({ threshold: known.every, ...(age === undefined ? {} : { signal: age }) });
            return call.step >= warm && age !== undefined && age < known.every;
          });
          const out = await next(reuse ? { ...call, branches: [leader] } : call);
          if (!reuse) held.value = others.filter((branch) => ran.has(branch));
          // A plugin further in that knew the result without any pass has the last word.
          if (!reuse || !ran.has(leader)) return out;
          const latents = kernels.gather(call.latents, call.rows);
          const predictions = kept.rebuilt(call, others);
          return guidance.combine({ step: call.step, sigma: call.sigma, latents, predictions, kernels });
        },
        forward: async (call, next) => {
          const out = await next(call);
          ran.add(call.branch);
          kept.keep(call, out);
          if (call.branch !== leader) rowSteps.value = computedAt(rowSteps.value, call.rows, call.step);
          return out;
        },
        expectedShare: (step) =>
          step < warm ? 1 : (1 + (branches.length - 1) / known.every) / branches.length,
      };
    },
  };
}

/** What the branches predicted last. One memory a branch, and kept by us: core forgets branches that are left out. */
function keptPredictions(
  { guidance, kernels, tokenCache }: Setup,
  leader: string,
  form: 'difference' | 'prediction',
) {
  const last = new Map(guidance.branches.map(({ name }) => [name, tokenCache({ per: 'run' })]));
  /** The leader's when the others ran last: what they differed from. */
  const then = tokenCache({ per: 'run' });
  const read = (call: Pick<ForwardCall, 'rows' | 'branches'>, branch: string): Streams =>
    last.get(branch)?.read(call) ?? {};
  return {
    keep: (call: ForwardCall, prediction: Streams): void => {
      last.get(call.branch)?.write(call, prediction);
      if (call.branch === leader && call.branches.length > 1) then.write(call, prediction);
    },
    /** By branch, for the rows of the call: the leader's of now, the others' as `form` says. */
    rebuilt: (call: Pick<ForwardCall, 'rows' | 'branches'>, others: readonly string[]) => {
      const now = read(call, leader);
      const moved = (before: Streams): Streams => kernels.add(now, kernels.sub(before, then.read(call)));
      const rebuilt = others.map((branch) => {
        const before = read(call, branch);
        return [branch, form === 'prediction' ? before : moved(before)] as const;
      });
      return Object.fromEntries([[leader, now] as const, ...rebuilt]);
    },
  };
}
