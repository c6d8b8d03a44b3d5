import {
  type CacheCall,
  type Cell,
  type Setup,
  SkipstoneError,
  type Streams,
  type TokenStorage,
} from '@skipstone/core';

/** What a reuse step puts in the place of what was not computed. Knows nothing of when. */
export interface Predictor {
  /** True where there is something to predict from, wherever the decision of this call holds. */
  covers(call: CacheCall): boolean;
  predict(call: PredictorCall): Streams;
  /** Keeps what a computed step gave. */
  keep(call: PredictorCall, value: Streams): void;
}

export interface PredictorCall extends CacheCall {
  readonly step: number;
  readonly branch: string;
}

/** The last computed value, as it was: the paper's. */
export function lastValue({ tokenCache }: Setup, storage: TokenStorage): Predictor {
  const last = tokenCache({ storage });
  return {
    covers: (call) => last.covers(call),
    predict: (call) => last.read(call),
    keep: (call, value) => last.write(call, value),
  };
}

/** Of one branch: the steps that the two caches are of, and which of them is the newer. */
type Kept = { readonly steps: readonly [number, number]; readonly newer: 0 | 1 };

/**
 * First order along steps: the line through the last two computed values. Until there are two, the last one.
 * The two caches take turns, so nothing is copied.
 */
export function extrapolated(setup: Setup, storage: TokenStorage): Predictor {
  const pair = [setup.tokenCache({ storage }), setup.tokenCache({ storage })] as const;
  const kept: Cell<Readonly<Record<string, Kept>>> = setup.cell({});
  const of = (branch: string): Kept => kept.value[branch] ?? { steps: [0, 0], newer: 0 };
  return {
    covers: (call) => pair[of(call.branch ?? '').newer].covers(call),
    predict: (call) => {
      assertWhole(call, setup.rows);
      const { steps, newer } = of(call.branch);
      const older = newer === 0 ? 1 : 0;
      const last = pair[newer].read(call);
      const own = { ...call, branches: [call.branch] };
      if (!pair[older].covers(own)) return last;
      const ahead = (call.step - steps[newer]) / (steps[newer] - steps[older]);
      return setup.kernels.scaledAdd([
        { scale: 1 + ahead, of: last },
        { scale: -ahead, of: pair[older].read(call) },
      ]);
    },
    keep: (call, value) => {
      assertWhole(call, setup.rows);
      const { steps, newer } = of(call.branch);
      const next = newer === 0 ? 1 : 0;
      pair[next].write(call, value);
      const at: [number, number] = next === 0 ? [call.step, steps[1]] : [steps[0], call.step];
      kept.value = { ...kept.value, [call.branch]: { steps: at, newer: next } };
    },
  };
}

/** With some rows only, each row has its own last two steps, and one line does not fit them all. */
function assertWhole({ rows }: CacheCall, all: Streams<number>): void {
  const part = Object.entries(rows).find(([stream, set]) => set !== 'all' && set.length !== all[stream]);
  if (!part) return;
  throw new SkipstoneError({
    code: 'galaxy-cache-rows',
    what: "galaxy-cache: predictor 'extrapolated' cannot work on some rows of a stream",
    have: `${part[1].length} of ${all[part[0]]} rows of ${part[0]}`,
    need: 'all rows at every step',
    do: "use predictor: 'residual', or leave out the plugin that computes some rows only",
  });
}
