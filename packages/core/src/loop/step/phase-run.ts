import type { Ledger } from '../../ledger/ledger.js';
import type { PhasePlan, Plan } from '../../plan/plan.js';
import type { Kernels } from '../../spec/kernel.js';
import type { ForwardCall, StepCall } from '../../spec/plugin.js';
import type { SamplerHistory } from '../../spec/sampler.js';
import type { HostTensor, Rows, Streams, Tensor } from '../../spec/tensor.js';
import type { Keeper } from '../memory/keep.js';
import { countRows } from '../memory/rows.js';
import type { Cursor } from '../pass/cursor.js';
import type { Forks } from '../pass/forks.js';
import type { PassRunner } from '../pass/pass-runner.js';
import type { Decisions } from './decisions.js';
import type { Tell } from './events.js';
import type { NamedHooks } from './onion.js';
import type { PinnedTokens } from './pinned.js';

/** One phase while it runs: what the layers of a step share. */
export interface PhaseRun {
  readonly plan: Plan;
  readonly phase: PhasePlan;
  readonly runner: PassRunner;
  readonly kernels: Kernels;
  /** Takes a host tensor in, for this step. */
  put(host: HostTensor): Tensor;
  readonly pinned: PinnedTokens;
  readonly decisions: Decisions;
  readonly hooks: readonly NamedHooks[];
  /** Memory of each plugin, in list order. */
  readonly keepers: readonly Keeper[];
  readonly history: SamplerHistory;
  readonly signal: AbortSignal | undefined;
  readonly passes: Ledger['passes'];
  readonly tell: Tell;
  readonly forks: Forks;
  /** Latents of the rows being computed, gathered once for all branches. */
  gathered: { readonly latents: Streams; readonly rows: Rows; readonly value: Streams } | undefined;
}

/** Latents of the rows of a call, `[A, P]`: the same tensors for every branch of a step. */
export function computedLatents(run: PhaseRun, call: StepCall): Streams {
  const { latents, rows } = call;
  if (run.gathered?.latents === latents && run.gathered.rows === rows) return run.gathered.value;
  const value = run.kernels.gather(latents, rows);
  run.gathered = { latents, rows, value };
  return value;
}

/** Forgets what branches hold that this step leaves out: it would be of the past when they return. */
export function forgetOthers(run: PhaseRun, present: readonly string[]): void {
  for (const { name } of run.phase.guidance.branches) {
    if (present.includes(name)) continue;
    for (const keeper of run.keepers) keeper.dropBranch(name);
    run.runner.keysValues.drop(name);
  }
}

/** Writes down which spans a pass ran, over how many rows. */
export function recordPassOf(run: PhaseRun, call: ForwardCall, cursor: Cursor): void {
  const rows = Object.fromEntries(
    Object.entries(run.phase.rows).map(([stream, all]) => [stream, countRows(call.rows[stream], all)]),
  );
  const { spans, closed } = cursor.done;
  run.passes.push({ step: call.step, branch: call.branch, spans: [...spans], rows, closed: [...closed] });
  run.tell({ type: 'branch', step: call.step, branch: call.branch, spans, rows });
}
