import { type Plugin, type Reference, type Setup, SkipstoneError, type Streams } from '@skipstone/core';
import { type DriftDecision, type DriftState, driftRule } from './drift-policy.js';
import { keptBytes } from './kept-bytes.js';
import { type GalaxyCacheOptions, type Settled, settle } from './options.js';
import { extrapolated, lastValue } from './predictor.js';
import { type SpeedState, speedController } from './speed-controller.js';

export const GALAXY_DIT: Reference = {
  key: 'galaxydit2025',
  title:
    'GalaxyDiT: Efficient Video Generation with Guidance Alignment and Adaptive Proxy in Diffusion Transformers',
  authors: 'Z. Song, S. Dai, B. Keller, B. Khailany',
  year: 2025,
  url: 'https://arxiv.org/abs/2512.03451',
};

/**
 * GalaxyDiT's proxy reuse: a value of the first block is compared with the step before; while the sum of its
 * relative changes stays below the threshold, what the blocks added last time is added again. Alone, each
 * branch decides for itself; under an aligned run the leader decides and its followers run no probe.
 * Throws a SkipstoneError for options that are unknown or have no meaning.
 */
export function galaxyCache(options: GalaxyCacheOptions): Plugin {
  const given = settle(options);
  const { station } = given;
  return {
    name: 'galaxy-cache',
    contract: 1,
    references: [GALAXY_DIT],
    needs: (spec) => {
      streamOf(spec.streams, given.stream);
      return {
        cuts: ['embed', station],
        cacheBytes: (rows, branches, deciding) =>
          keptBytes(given, spec, { rows, branches: branches.length, deciding: deciding.length }),
      };
    },
    outlook: ({ steps, sigmas, sampler }) => {
      if (given.space === 'output' && sampler.seed !== undefined) throw oldNoise(sampler.name);
      const rule = driftRule(given.drift, { steps, sigmas });
      const always = alwaysComputed(steps, rule.forced);
      if (given.target) assertReachable(given.target.speedup, steps, always.length);
      return [`${always.length} of ${steps} steps are computed whatever the drift is`];
    },
    setup: (run) => hooks(given, run),
  };
}

/** What one deciding branch carries from step to step. */
type Carried = {
  readonly drift: DriftState;
  readonly speed: SpeedState | null;
  /** Steps that might have reused, and those that did. */
  readonly free: number;
  readonly reused: number;
};

function hooks(given: Settled, run: Setup): ReturnType<Plugin['setup']> {
  const { station, space, storage, target } = given;
  const { kernels, steps } = run;
  const stream = streamOf(run.spec.streams, given.stream);
  const rule = driftRule(given.drift, run);
  const speed = target && speedController(target, { steps, forced: rule.forced });

  const proxy = run.tokenCache({ storage: storage.proxy });
  const predictor = (given.predictor === 'residual' ? lastValue : extrapolated)(run, storage.residual);
  // Across phases too: a target is of the whole run. A phase's first step computes, since nothing is kept of it.
  const carried = run.lasting.cell<Readonly<Record<string, Carried>>>({});
  const first: Carried = { drift: rule.first(), speed: speed?.first() ?? null, free: 0, reused: 0 };
  /** Branches whose pass was ended by a kept prediction: it is not to be kept anew. */
  const ended = new Set<string>();

  const settled = (was: Carried, decision: DriftDecision, step: number, reuse: boolean): Carried => ({
    drift: rule.settle(was.drift, decision, reuse),
    speed: was.speed && (speed?.settle(was.speed, reuse) ?? null),
    free: was.free + (rule.forced(step) ? 0 : 1),
    reused: was.reused + (reuse ? 1 : 0),
  });

  return {
    trunk: async (call, next) => {
      const { step, branch } = call;
      let was = carried.value[branch] ?? first;
      const taken: DriftDecision[] = [];
      const reuse = await call.decide('reuse', async (note) => {
        const now = only(await call.cursor.advance(station), stream);
        const drift = await proxy.swap(call, now, (a, b) => kernels.relativeL1(a, b, stream));
        if (speed && was.speed && drift !== undefined && !rule.forced(step)) {
          was = { ...was, speed: speed.move(was.speed, { step, drift }) };
        }
        const threshold = was.speed?.threshold ?? given.drift.threshold;
        const decision = rule.decide(was.drift, { step, drift, covered: predictor.covers(call), threshold });
        note({ signal: decision.metric, threshold, reason: decision.reason });
        taken.push(decision);
        return decision.reuse;
      });
      // A follower decides nothing; on replay another answer than the rule's may be followed.
      for (const decision of taken) {
        carried.value = { ...carried.value, [branch]: settled(was, decision, step, reuse) };
      }
      if (reuse && space === 'output') {
        ended.add(branch);
        return call.cursor.jump('end', predictor.predict(call));
      }
      if (reuse) return kernels.add(call.hidden, predictor.predict(call));
      const out = await next(call);
      if (space === 'hidden') predictor.keep(call, kernels.sub(out, call.hidden));
      return out;
    },
    ...(space === 'output' && {
      forward: async (call, next) => {
        const prediction = await next(call);
        if (!ended.delete(call.branch)) predictor.keep(call, prediction);
        return prediction;
      },
    }),
    expectedShare: (step) => {
      if (rule.forced(step)) return 1;
      const all = Object.values(carried.value);
      const free = all.reduce((sum, one) => sum + one.free, 0);
      const reused = all.reduce((sum, one) => sum + one.reused, 0);
      // What a reuse step still computes: a first block at most.
      return free === 0 ? 1 : 1 - (reused / free) * (1 - 1 / run.spec.blocks);
    },
  };
}

/** The watched stream alone: nothing else of a tap is kept. */
const only = (streams: Streams, stream: string): Streams =>
  Object.fromEntries(Object.entries(streams).filter(([name]) => name === stream));

function streamOf(streams: Streams<unknown>, asked: string | undefined): string {
  const names = Object.keys(streams);
  const [stream = ''] = asked === undefined ? names : names.filter((name) => name === asked);
  if (stream !== '') return stream;
  throw new SkipstoneError({
    code: 'option-value',
    what: 'galaxy-cache: the model has no such stream',
    have: `stream ${asked}`,
    need: names.join(', '),
    do: 'leave it out to watch the first',
  });
}

const alwaysComputed = (steps: number, forced: (step: number) => boolean): readonly number[] =>
  Array.from({ length: steps }, (_, step) => step).filter(forced);

function assertReachable(speedup: number, steps: number, fewest: number): void {
  if (fewest <= steps / speedup) return;
  throw new SkipstoneError({
    code: 'galaxy-cache-target',
    what: `galaxy-cache: a speed-up of ${speedup} cannot be met`,
    have: `${fewest} of ${steps} steps are always computed`,
    need: `at most ${Math.floor(steps / speedup)}`,
    do: 'ask for less, or shorten the warm-up',
  });
}

function oldNoise(sampler: string): SkipstoneError {
  return new SkipstoneError({
    code: 'galaxy-cache-space',
    what: 'galaxy-cache: a kept prediction knows nothing of noise added since',
    have: `space: 'output', ${sampler}`,
    need: "space: 'hidden', or a sampler that adds no noise",
    do: 'leave space out, or use the euler sampler',
  });
}
