import type { Given } from './given.js';
import type { PassBuilder } from './pass.js';
import type { ElementType, HostTensor, Streams } from './tensor.js';

/**
 * What core knows of a model. An adapter states numbers and emits one pass; core never asks whose it is.
 *
 * The adapter writes the whole pass down once, in the order of the reference's own forward, and marks
 * stations on the way. It says nothing about cuts, caches or what may be computed once: the plan cuts the
 * list of nodes where somebody must look, and hoists what depends on text or noise level alone, since every
 * input says how long it lasts.
 */
export interface ModelSpec {
  /** Name of family and size as a person says it: `wan2.1-t2v-1.3b`, `demo`. */
  readonly name: string;
  readonly streams: Streams<StreamSpec>;
  /** Number of transformer blocks. */
  readonly blocks: number;
  /** Text-side inputs of a branch, by port name. */
  readonly conditions: Readonly<Record<string, ConditionSpec>>;
  /** Named clocks: what the model is told about the noise level. */
  readonly clocks: Readonly<Record<string, ClockSpec>>;
  /** Variants that `emit` understands beside `plain` and `rows`, e.g. `skip-attention`. */
  readonly variants: readonly string[];
  /**
   * Row-aligned constants of a run (rotary tables, a mask of pinned rows), made from the grid on the host, by
   * port name. Those that the run is given (`given.tables`) need not be made.
   */
  tables(grid: Grid, given: Given): Readonly<Record<string, HostTensor>>;
  /** Shapes of those tables, symbolic, so that a graph can be emitted before a grid is known. */
  readonly tableSpecs: Readonly<Record<string, TableSpec>>;
  /** Rows of each stream for a latent size. */
  rows(grid: Grid): Streams<number>;
  /** Latents as the autoencoder has them ↔ rows in the model's output order, `[N, P]`. */
  patchify(latents: Streams<HostTensor>, grid: Grid): Streams<HostTensor>;
  unpatchify(rows: Streams<HostTensor>, grid: Grid): Streams<HostTensor>;
  /** The values of each clock at a step; one row each unless the model says otherwise. */
  clockRows?(call: ClockCall): Readonly<Record<string, ClockRows>>;
  /** Writes down the forward pass. Called once per variant. */
  emit(pass: PassBuilder): void;
}

export interface StreamSpec {
  /** Values in a patch: the width of a row of latents and of a prediction. */
  readonly patch: number;
  /** Width of the hidden state, for estimates of memory. */
  readonly width: number;
  /** True if tokens of this stream may be pinned to clean latents; refused otherwise. */
  readonly pinned?: boolean;
}

/** A table is `[N, width]` of its stream. */
export interface TableSpec {
  readonly stream: string;
  readonly width: number;
  /** Default `float32`. */
  readonly type?: ElementType;
  /** True where a run must be given it (`given.tables`), since the model cannot make it of the grid. */
  readonly given?: boolean;
}

export interface ConditionSpec {
  /** Symbolic or fixed shape of one branch's value; a string is an axis whose length varies. */
  readonly shape: readonly (number | string)[];
}

/**
 * A clock is not one timestep but a few distinct rows and, for each token, which of them it follows:
 * Wan2.1 has one row, image-to-video two (conditioned tokens stand at 0). Only distinct rows are computed;
 * no value of any graph has the shape [tokens, 6·width].
 */
export interface ClockSpec {
  readonly stream: string;
  /** `one`: a single row for every token, no gather. `many`: rows and a row index per token. */
  readonly rows: 'one' | 'many';
}

export interface ClockCall {
  readonly step: number;
  /** The schedule's timestep of this step, as the model was trained to receive it. */
  readonly timestep: number;
  readonly sigma: number;
  readonly rows: Streams<number>;
  /** Rows of each stream whose clean latents are given; none for most runs. */
  readonly pinned: Streams<Int32Array>;
}

export interface ClockRows {
  /** Distinct values, e.g. timesteps. */
  readonly values: readonly number[];
  /** For each of the stream's N tokens the row it follows; only for clocks with `many` rows. */
  readonly rowOfToken?: Int32Array;
}

/** The size of latents: latent frames, rows and columns (before patching). Units: latent pixels. */
export interface Grid {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}
