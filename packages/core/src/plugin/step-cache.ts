import { nearestName, SkipstoneError } from '../error.js';
import type { Kernels } from '../spec/kernel.js';
import {
  CONTRACT,
  type Hooks,
  type Needs,
  type Outlook,
  type Plugin,
  type Reference,
  type Setup,
  type StepCall,
  type TrunkCall,
} from '../spec/plugin.js';
import type { Json, Streams } from '../spec/tensor.js';
import type { CacheNeed, TokenStorage } from '../spec/token-cache.js';
import {
  type Answer,
  type Carried,
  forcedCount,
  forcedStep,
  type StepLimits,
  type StepRule,
  stepPolicy,
} from './step-rule.js';

/** What is watched, of one stream. */
export interface Look {
  /** `latents`, or a station: `blocks.0.attn_out`. */
  readonly at: string;
  /** A hidden station before it, such as `embed`: what was added since is watched. */
  readonly minus?: string;
  /** Compared with its value at the step before (default), or at the last computed step. */
  readonly since?: 'step' | 'computed';
  /** How much it changed. Default: `kernels.relativeL1(before, now)`. */
  compare?(kernels: Kernels, before: Streams, now: Streams): Promise<number>;
  /** The model's first stream unless given. */
  readonly stream?: string;
  readonly storage?: TokenStorage;
}

/** What is kept of computed steps, and takes the place of what is not computed. */
export interface Kept {
  /**
   * `residual` (default): what blocks added, `[A, D]`; the head runs. `prediction`: what the pass predicted, `[A, P]`;
   * `offset`: that less the latents. Of both nothing runs behind the look.
   */
  readonly what?: 'residual' | 'prediction' | 'offset';
  /** The stretch of a residual, between hidden stations. Default: `embed` to `trunk`. */
  readonly from?: string;
  readonly to?: string;
  readonly storage?: TokenStorage;
  /** How many computed values a row keeps, for `weigh`. Default 1. */
  readonly generations?: number;
  /** Weights of a row's values at `step`; `steps`: when they were computed, newest first. Default: the newest as it is. */
  weigh?(step: number, steps: readonly number[]): readonly number[];
}

/** What went into the stretch that is kept, and what came out; one stream. */
export interface Computed {
  readonly input: Streams;
  readonly output: Streams;
}

export interface StepCache<S extends Json> extends StepLimits {
  readonly name: string;
  readonly references?: readonly Reference[];
  /** Left out where the rule needs nothing but the step. */
  readonly looksAt?: Look;
  readonly keeps?: Kept;
  /** `own`: guidance's first branch decides for all. Default: each for itself, unless the run is aligned. */
  readonly align?: 'own';
  /** Numbers of a computed step and of the one computed before, for `rule.learn`. Keeps two values more. */
  measure?(kernels: Kernels, before: Computed, now: Computed): Promise<Readonly<Record<string, number>>>;
  rule(run: Setup): StepRule<S>;
}

/**
 * A plugin that reuses at some steps what was computed at others. Its rule says when, by numbers alone: looking,
 * deciding, settling under replay, keeping by branch and row, limits, phases and saving are done here.
 */
export const stepCache = <S extends Json>(cache: StepCache<S>): Plugin => ({
  name: cache.name,
  contract: CONTRACT,
  references: cache.references ?? [],
  needs: ({ streams }) => needsOf(cache, streamOf(cache, streams)),
  outlook: (phase) => {
    if (cache.keeps?.what && cache.keeps.what !== 'residual') assertNoNoise(cache.name, phase);
    return [`${forcedCount(cache, phase)} of ${phase.steps} steps are always computed`];
  },
  setup: (run) => hooksOf(cache, run),
});

function needsOf<S extends Json>(
  { looksAt, keeps = {}, align, measure }: StepCache<S>,
  stream: string,
): Needs {
  const { what = 'residual', from = 'embed', to = 'trunk', storage, generations } = keeps;
  const inside = looksAt && looksAt.at !== 'latents' ? ['embed', looksAt.at, looksAt.minus ?? 'embed'] : [];
  const [input, output] = what === 'residual' ? [from, to] : ['latents', 'latents'];
  const one = { streams: [stream], per: 'decider' } as const;
  const caches: Record<string, CacheNeed> = {
    [what]: { rowsOf: output, ...(storage && { storage }), ...(generations && { generations }) },
    ...(looksAt && {
      proxy: { rowsOf: looksAt.at, ...one, ...(looksAt.storage && { storage: looksAt.storage }) },
    }),
    ...(measure && {
      'measured.input': { rowsOf: input, ...one },
      'measured.output': { rowsOf: output, ...one },
    }),
  };
  const cuts = [...new Set([...(what === 'residual' ? [from, to] : []), ...inside])];
  return { cuts, caches, ...(align && { align: { of: align } }) };
}

function hooksOf<S extends Json>(cache: StepCache<S>, run: Setup): Hooks {
  const { looksAt, keeps = {}, measure } = cache;
  const { what = 'residual', from = 'embed', to = 'trunk', weigh } = keeps;
  const { kernels } = run;
  const stream = streamOf(cache, run.spec.streams);
  const rule = cache.rule(run);
  const policy = stepPolicy(rule, cache, run);
  const forced = forcedStep(cache, run);
  const kept = run.tokenCache(what);
  const proxy = looksAt && run.tokenCache('proxy');
  /** Across phases too: what is kept is not, so that a phase's first step computes. */
  const carried = run.lasting.cell<Readonly<Record<string, Carried<S>>>>({});
  const of = (branch: string): Carried<S> => carried.value[branch] ?? policy.first;
  const carry = (branch: string, now: Carried<S>): void => {
    carried.value = { ...carried.value, [branch]: now };
  };
  /** Branches whose pass was ended by what is kept: it is not to be kept anew. */
  const ended = new Set<string>();

  const only = (streams: Streams): Streams =>
    Object.fromEntries(Object.entries(streams).filter(([name]) => name === stream));
  const latentsOf = (call: StepCall): Streams => kernels.gather(call.latents, call.rows);
  const at = async (call: TrunkCall, station: string): Promise<Streams> => {
    if (station === 'latents') return latentsOf(call);
    return station === 'embed' ? call.hidden : call.cursor.advance(station);
  };
  const watched = async (call: TrunkCall, { at: station, minus }: Look): Promise<Streams> => {
    const value = only(await at(call, station));
    return minus === undefined ? value : kernels.sub(value, only(await at(call, minus)));
  };
  const compare = (before: Streams, now: Streams): Promise<number> =>
    looksAt?.compare?.(kernels, before, now) ?? kernels.relativeL1(before, now, stream);

  const keep = async (call: StepCall & { readonly branch: string }, { input, output }: Computed) => {
    kept.write(call, what === 'prediction' ? output : kernels.sub(output, input));
    if (!measure || !call.decides) return;
    const [inputs, outputs] = [run.tokenCache('measured.input'), run.tokenCache('measured.output')];
    const now = { input: only(input), output: only(output) };
    if (inputs.covers(call)) {
      const before = { input: inputs.read(call), output: outputs.read(call) };
      const was = of(call.branch);
      const learnt = rule.learn?.(was.state, await measure(kernels, before, now));
      if (learnt !== undefined) carry(call.branch, { ...was, state: learnt });
    }
    inputs.write(call, now.input);
    outputs.write(call, now.output);
  };

  /** Goes on without what was not computed. */
  const reused = async (call: TrunkCall, next: (call: TrunkCall) => Promise<Streams>): Promise<Streams> => {
    const value = weigh ? kept.combine(call, (steps) => weigh(call.step, steps)) : kept.read(call);
    if (what !== 'residual') {
      ended.add(call.branch);
      return call.cursor.jump('end', what === 'offset' ? kernels.add(latentsOf(call), value) : value);
    }
    const out = kernels.add(await at(call, from), value);
    if (to === 'trunk') return out;
    await call.cursor.jump(to, out);
    return next(call);
  };

  return {
    trunk: async (call, next) => {
      const { step, branch } = call;
      let answer: Answer<S> | undefined;
      let seen: Streams | undefined;
      const reuse = await call.decide('reuse', async (note) => {
        let change: number | undefined = looksAt ? undefined : 0;
        if (looksAt && proxy) {
          seen = await watched(call, looksAt);
          if (looksAt.since !== 'computed') change = await proxy.swap(call, seen, compare);
          else if (proxy.covers(call)) change = await compare(proxy.read(call), seen);
        }
        answer = policy.decide(of(branch), { step, change, covered: kept.covers(call) });
        const { reuse: _, state: __, ...why } = answer;
        note(why);
        return answer.reuse;
      });
      // A follower answers nothing; on replay another answer than the rule's may be followed.
      if (answer) carry(branch, policy.settle(of(branch), answer, { step, reuse }));
      if (reuse) return reused(call, next);
      if (seen && looksAt?.since === 'computed') proxy?.write(call, seen);
      if (what !== 'residual') return next(call);
      const input = await at(call, from);
      const out = await next(call);
      await keep(call, { input, output: to === 'trunk' ? out : await at(call, to) });
      return out;
    },
    ...(what !== 'residual' && {
      forward: async (call, next) => {
        const output = await next(call);
        if (!ended.delete(call.branch)) await keep(call, { input: latentsOf(call), output });
        return output;
      },
    }),
    expectedShare: (step) => {
      if (forced(step)) return 1;
      const all = Object.values(carried.value);
      const [free, done] = [
        all.reduce((n, one) => n + one.free, 0),
        all.reduce((n, one) => n + one.reused, 0),
      ];
      // What a reuse step still computes: a first block at most.
      return free === 0 ? 1 : 1 - (done / free) * (1 - 1 / run.spec.blocks);
    },
  };
}

function streamOf<S extends Json>({ name, looksAt }: StepCache<S>, streams: Streams<unknown>): string {
  const names = Object.keys(streams);
  const { stream = names[0] ?? '' } = looksAt ?? {};
  if (names.includes(stream)) return stream;
  throw new SkipstoneError({
    code: 'step-cache-stream',
    what: `${name}: the model has no such stream`,
    have: `stream ${stream}`,
    need: names.join(', '),
    do: `did you mean ${nearestName(stream, names)}? Leave it out to watch the first`,
  });
}

function assertNoNoise(name: string, { sampler }: Pick<Outlook, 'sampler'>): void {
  if (sampler.seed === undefined) return;
  throw new SkipstoneError({
    code: 'step-cache-noise',
    what: `${name}: a kept prediction knows nothing of noise added since`,
    have: `${sampler.name}, which adds noise at every step`,
    need: 'a residual to be kept, or a sampler that adds no noise',
    do: 'keep what blocks add, or use the euler sampler',
  });
}
