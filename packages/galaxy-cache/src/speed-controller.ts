/** What a run shall come to: its steps over those that are computed, above 1. */
export interface SpeedTarget {
  readonly speedup: number;
}

/** What the controller carries from step to step, for one deciding branch. */
export type SpeedState = {
  /** The threshold in force; null until a drift was seen, where none was given. */
  readonly threshold: number | null;
  /** Drifts seen at steps that may reuse: how many, and their sum. */
  readonly seen: number;
  readonly sum: number;
  /** Steps computed so far. */
  readonly computed: number;
};

export interface SpeedController {
  first(): SpeedState;
  /** Moves the threshold, at a step that may reuse, before it is compared. */
  move(state: SpeedState, at: { readonly step: number; readonly drift: number }): SpeedState;
  /** Counts a step. */
  settle(state: SpeedState, reuse: boolean): SpeedState;
}

/** How far a threshold moves in one step, as a factor: inferred. */
const SLEW = 1.5;

/** Times all drift so far: no sum comes up to it, so that nothing is computed once the budget is spent. */
const OUT_OF_REACH = 2;

/**
 * Moves the threshold so that the computed steps come to `steps / speedup`. Drifts of d are summed up to a
 * threshold of k·d in k steps, so with b computed steps left for n steps it aims at n/b times the mean drift;
 * half a drift less, since the sum meets the threshold somewhere within a step. The mean is over all steps so
 * far, so that a stretch of much change is still computed more often than one of little. Ours, not the paper's.
 */
export function speedController(
  { speedup, threshold }: SpeedTarget & { readonly threshold?: number | undefined },
  { steps, forced }: { readonly steps: number; readonly forced: (step: number) => boolean },
): SpeedController {
  const budget = steps / speedup;
  const left = (from: number): readonly number[] =>
    Array.from({ length: steps - from }, (_, i) => from + i).filter((step) => !forced(step));
  return {
    first: () => ({ threshold: threshold ?? null, seen: 0, sum: 0, computed: 0 }),
    move: (state, { step, drift }) => {
      const [seen, sum] = [state.seen + 1, state.sum + drift];
      const free = left(step).length;
      const forcedLeft = steps - step - free;
      const computeLeft = budget - state.computed - forcedLeft;
      const threshold =
        computeLeft > 0
          ? slewed((sum / seen) * (free / computeLeft - 0.5), state.threshold)
          : Math.max(OUT_OF_REACH * sum, state.threshold ?? 0);
      return { ...state, threshold, seen, sum };
    },
    settle: (state, reuse) => ({ ...state, computed: state.computed + (reuse ? 0 : 1) }),
  };
}

const slewed = (wanted: number, before: number | null): number =>
  before === null ? wanted : Math.min(Math.max(wanted, before / SLEW), before * SLEW);
