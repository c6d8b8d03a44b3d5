import type { Plugin, Setup, StepCall, Streams, Tensor } from '@skipstone/core';

/** What the stack of blocks adds to the hidden state: its change is what a proxy has to foretell. */
export const ORACLE = 'oracle';
/** A branch's prediction, or the guided one. */
export const VELOCITY = 'velocity';
const GUIDED = `guided ${VELOCITY}`;

/** One number of a traced run. */
export interface TraceEntry {
  readonly step: number;
  /** Absent for the guided prediction, which belongs to no branch. */
  readonly branch?: string;
  /** `change`: relative L1 distance from the step before. `norm`: root mean square. */
  readonly kind: 'change' | 'norm';
  /** A tap of block 0, `oracle`, or `velocity`. */
  readonly series: string;
  readonly value: number;
}

export interface TraceOptions {
  /** Taps of the first block to follow, `cross_attn_out` for `blocks.0.cross_attn_out`. */
  readonly taps: readonly string[];
  /** Gets each number as it is known. Changes come from a branch's second step on. */
  readonly tell: (entry: TraceEntry) => void;
}

/**
 * Watches an uncached run: how much each tap of the first block, the stack's residual and the predictions
 * change from step to step, |now − before|₁ / |now|₁ of the first stream, on every branch. Changes nothing:
 * the run's bytes are those of a run without it. A branch that forks inside the stack has no taps of its own.
 */
export const traceDrift = ({ taps, tell }: TraceOptions): Plugin => ({
  name: 'trace-drift',
  contract: 1,
  needs: () => ({
    outputs: [...taps.map(stationOf), 'embed', 'trunk'],
    caches: {
      ...Object.fromEntries(taps.map((tap) => [tap, { rowsOf: stationOf(tap) }])),
      [ORACLE]: { rowsOf: 'trunk' },
      [VELOCITY]: { rowsOf: 'latents' },
      [GUIDED]: { rowsOf: 'latents', per: 'run' },
    },
  }),
  setup: (run) => {
    const follow = follower(run, tell);
    const forked = new Set(run.guidance.branches.flatMap(({ name, fork }) => (fork ? [name] : [])));
    return {
      evaluate: async (call, next) => {
        const guided = await next(call);
        await follow.change(call, VELOCITY, guided);
        await follow.norm(call, VELOCITY, guided);
        return guided;
      },
      forward: async (call, next) => {
        const prediction = await next(call);
        await follow.change(call, VELOCITY, prediction);
        await follow.norm(call, VELOCITY, prediction);
        return prediction;
      },
      trunk: async (call, next) => {
        for (const tap of forked.has(call.branch) ? [] : taps) {
          await follow.change(call, tap, await call.cursor.advance(stationOf(tap)));
        }
        const out = await next(call);
        const residual = run.kernels.sub(out, call.hidden);
        await follow.change(call, ORACLE, residual);
        await follow.norm(call, ORACLE, residual);
        return out;
      },
    };
  },
});

/** The station of a tap of the first block. */
export const stationOf = (tap: string): string => `blocks.0.${tap}`;

/** The taps of the first block among a model's stations, in the order of the line. */
export function firstBlockTaps(stations: Iterable<string>): readonly string[] {
  const prefix = stationOf('');
  return [...stations].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}

type Follow = (call: StepCall & { readonly branch?: string }, series: string, now: Streams) => Promise<void>;

/** Compares each series with what it was a step before, and says so. */
function follower(
  { tokenCache, kernels }: Setup,
  tell: TraceOptions['tell'],
): Readonly<Record<TraceEntry['kind'], Follow>> {
  const put = (
    { step, branch }: StepCall & { branch?: string },
    entry: Omit<TraceEntry, 'step' | 'branch'>,
  ) => tell({ step, ...entry, ...(branch === undefined ? {} : { branch }) });
  return {
    change: async (call, series, now) => {
      const value = await tokenCache(call.branch === undefined ? GUIDED : series).swap(
        call,
        now,
        kernels.relativeL1,
      );
      if (value !== undefined) put(call, { kind: 'change', series, value });
    },
    norm: async (call, series, now) => {
      const [stream, tensor] = Object.entries(now)[0] ?? [];
      if (stream === undefined || tensor === undefined) return;
      const [mean, std] = await Promise.all([kernels.mean(now), kernels.std(now)]);
      put(call, { kind: 'norm', series, value: rootMeanSquare(tensor, mean[stream] ?? 0, std[stream] ?? 0) });
    },
  };
}

/** √(Σx²/n) from the mean and the unbiased deviation. */
function rootMeanSquare({ shape }: Tensor, mean: number, std: number): number {
  const n = shape.reduce((a, b) => a * b, 1);
  return Math.sqrt(mean ** 2 + (std ** 2 * (n - 1)) / n);
}
