import type { Guidance } from './guidance.js';
import type { Kernels } from './kernel.js';
import type { ModelSpec } from './model.js';
import type { Keep, Sampler } from './sampler.js';
import type { Json, Rows, Streams, Tensor } from './tensor.js';
import type { CacheNeed, TokenCache } from './token-cache.js';

/** The version of these contracts. A plugin names the one it was written for; the plan checks it. */
export const CONTRACT = 1;

/**
 * A plugin decides which steps, branches, blocks or tokens really need computing. It states what it must
 * see (`needs`) and returns hooks (`setup`). State lives in the closure of `setup`, in cells and token
 * caches; a run (and a phase of it) ends, its closures go. Nothing is reset, two runs never meet.
 */
export interface Plugin {
  readonly name: string;
  readonly contract: typeof CONTRACT;
  /** What to cite, and where numbers come from. */
  readonly references?: readonly Reference[];
  needs?(spec: ModelSpec): Needs;
  /**
   * What it will do in a phase, as far as that is known before anything runs: lines for the plan, which the
   * plugin's name precedes. The place to refuse options that do not fit the steps or the rows.
   */
  outlook?(phase: Outlook): readonly string[];
  setup(run: Setup): Hooks;
}

export interface Reference {
  readonly key: string;
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  readonly url: string;
}

/** What the plan must provide. Unknown stations, variants and names are errors at plan time. */
export interface Needs {
  /**
   * Stations where the plugin looks at a value before it decides: the pass is cut there. A tap
   * (`blocks.0.attn_out`) or a hidden station (`blocks.3`). Who looks also sees `trunk`.
   */
  readonly cuts?: readonly string[];
  /**
   * Stretches the plugin may jump over. `inside`: decided by looking at values of this very pass, so the
   * pass is cut at both ends. `before`: known before the pass starts, so the stretch is gated inside one
   * session. The plugin's code is the same for both.
   */
  readonly jumps?: readonly Jump[];
  /** Stations whose value is read but decides nothing within the pass: an extra output, no cut. */
  readonly outputs?: readonly string[];
  /** True for plugins with a `block` hook: the pass is cut after every block. */
  readonly blocks?: boolean;
  /** Set when the plugin computes subsets of rows; all plugins of a run that set it must agree. */
  readonly rows?: SomeRows;
  /**
   * What the plugin does to a token's grid. `whole` (default): every row takes every step of the sampler.
   * `own-grid`: the plugin integrates groups itself, each with its own history and known next step.
   * `any`: rows idle for stretches it cannot foretell; refused with multistep samplers.
   */
  readonly steps?: 'whole' | 'own-grid' | 'any';
  /**
   * One branch decides and the others follow: for this plugin's own decisions, or for `all` plugins'.
   * The leader is guidance's first branch unless named; it runs before the others.
   */
  readonly align?: { readonly of: 'own' | 'all'; readonly leader?: string };
  /** What it keeps of tokens, by name: `tokenCache(name)` hands out these and no others. */
  readonly caches?: Readonly<Record<string, CacheNeed>>;
}

/**
 * What computed rows attend to. `true`: all rows; keys and values of every branch are kept and kept in sync.
 * `leader`: the same, for the branch that leads (`align`, or guidance's first) and those that fork from it;
 * passes of the others get all rows, keep nothing, and the rows of the call are taken from what they predict. `alone`: each other; no
 * keys and values are kept. `false`: all rows are computed.
 */
export type SomeRows = boolean | 'leader' | 'alone';

export interface Jump {
  readonly from: string;
  readonly to: string;
  readonly decided: 'inside' | 'before';
}

/** What is known of a phase before it runs. */
export interface Outlook {
  readonly spec: ModelSpec;
  /** Steps of the whole run, and the first step of this phase and the one after its last. */
  readonly steps: number;
  readonly from: number;
  readonly to: number;
  /** The schedule's noise levels, `steps + 1` of them. */
  readonly sigmas: readonly number[];
  /** N of each stream. */
  readonly rows: Streams<number>;
  /**
   * Rows of each stream whose clean latents are given. What a pass predicts for them leads there by itself:
   * leave them out of scores and of what drives a decision. None for most runs.
   */
  readonly pinned: Streams<Int32Array>;
  readonly guidance: Guidance;
  readonly sampler: Sampler;
}

/** What a plugin gets once per run and phase. */
export interface Setup extends Outlook, Keep {
  readonly kernels: Kernels;
  /**
   * Memory that goes on from phase to phase with the sampler's history, and begins anew with it, where a
   * phase says so. Every phase's setup asks for the same things in the same order.
   */
  readonly lasting: Keep;
  /** Memory that `needs.caches` declares under this name, the same one whenever it is asked for. */
  tokenCache(name: string): TokenCache;
  /**
   * True if keys and values of all rows are in the caches of these branches, so that a pass may compute
   * some rows only. False at first, after a phase began, and for a branch that was left out of a step; true
   * of branches that keep none.
   */
  synced(branches: readonly string[]): boolean;
  /** Waits for the values of a tensor: the one read-back. Plugins rarely need it. */
  readBack(tensor: Tensor): Promise<Float32Array>;
}

/** Five places to stand at. Each is an onion layer; the first plugin of the list is the outermost. */
export interface Hooks {
  /** latents(i) → latents(i+1). */
  advance?(call: AdvanceCall, next: Next<AdvanceCall>): Promise<Streams>;
  /** latents(i) → the guided prediction. */
  evaluate?(call: EvaluateCall, next: Next<EvaluateCall>): Promise<Streams>;
  /** One branch's pass: latents(i) → its prediction. */
  forward?(call: ForwardCall, next: Next<ForwardCall>): Promise<Streams>;
  /** After embed, before head: hidden → hidden. */
  trunk?(call: TrunkCall, next: Next<TrunkCall>): Promise<Streams>;
  /** One block; only if a plugin asks. */
  block?(call: BlockCall, next: Next<BlockCall>): Promise<Streams>;
  /** Share of a full step's work that step i is expected to cost, 0 to 1; for the time left. Default 1. */
  expectedShare?(step: number): number;
}

export type Next<Call> = (call: Call) => Promise<Streams>;

/** What every call knows. Calls are plain values: change one with `{ ...call, rows }`. */
export interface StepCall {
  readonly step: number;
  readonly sigma: number;
  readonly sigmaNext: number;
  /** Latents of all rows, `[N, P]` a stream. */
  readonly latents: Streams;
  /** The rows to compute. */
  readonly rows: Rows;
  /**
   * Names of the branches of this step, the leader first. An evaluate hook may hand on fewer: the others do
   * not run, and what token caches and keys and values hold of them is forgotten.
   */
  readonly branches: readonly string[];
  /** True where what is decided is this call's to decide; false in a branch that follows another. */
  readonly decides: boolean;
  /**
   * The one place for decisions. `fn` runs where the decision is this call's to take; a follower of an
   * aligned plugin gets the leader's answer and `fn` does not run; on replay `fn` runs and its answer is
   * overridden. Keys are unique within a call; a block's begin with `blocks.<i>.` in the ledger.
   */
  decide<T extends Json>(key: string, fn: (note: Note) => T | Promise<T>): Promise<T>;
}

/** Adds why to the ledger row of a decision. */
export type Note = (why: {
  readonly signal?: number;
  readonly threshold?: number;
  readonly reason?: string;
}) => void;

export interface AdvanceCall extends StepCall {
  /** The guided prediction, through every plugin's `evaluate`. */
  evaluate(call: EvaluateCall): Promise<Streams>;
}

export type EvaluateCall = StepCall;

/** From here inwards `latents` are what the model reads: pinned rows hold their clean values. */
export interface ForwardCall extends StepCall {
  /** The branch of this pass. */
  readonly branch: string;
}

export interface TrunkCall extends ForwardCall {
  /** Hidden streams after embed, `[A, D]`. */
  readonly hidden: Streams;
  readonly cursor: Cursor;
}

export interface BlockCall extends ForwardCall {
  readonly index: number;
  /** Hidden streams entering the block, `[A, D]`. */
  readonly hidden: Streams;
  readonly cursor: Cursor;
}

/**
 * Where a pass stands on its line of stations. Nothing ever runs twice, whoever looked first: inner plugins
 * inherit the cursor, and `next()` goes on from wherever it stands.
 */
export interface Cursor {
  /** The station the pass stands at. */
  readonly at: string;
  /**
   * Runs up to a station and gives what is there: a tap's value, or the hidden streams. A station that the
   * pass has gone by gives what was computed there; nothing runs again.
   */
  advance(station: string): Promise<Streams>;
  /**
   * Goes on from a later station with given hidden streams; what lies between is not computed. A jump to `end`
   * brings the prediction itself, `[A, P]`: a trunk hook that returns it has ended the pass, without the head.
   */
  jump(station: string, hidden: Streams): Promise<Streams>;
}
