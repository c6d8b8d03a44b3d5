import type { OpenModel } from '../graph/model-weights.js';
import type { GridOptions } from '../schedule/grid-options.js';
import type { Given } from '../spec/given.js';
import type { Guidance } from '../spec/guidance.js';
import type { Grid } from '../spec/model.js';
import type { MethodPresets } from '../spec/preset.js';
import type { Schedule } from '../spec/schedule.js';
import type { HostTensor, Streams } from '../spec/tensor.js';

/**
 * A model as a person names it: one transformer or several in phases, and what turns prompts into
 * conditions and latents into pictures. Loaders (`demoModel()`, `wan(folder)`) give one; `generate` takes it.
 */
export interface VideoModel {
  readonly name: string;
  /** Where files of this model lie, for messages. */
  readonly origin: string;
  readonly phases: readonly VideoModelPhase[];
  /** Missing where only the transformer is at hand: then encoded prompts must be given. */
  readonly text?: PromptEncoder;
  /** Missing where only the transformer is at hand: then latents are the result. */
  readonly codec?: Codec;
  readonly defaults: ModelDefaults;
  /**
   * Grids of noise levels of this model alone, beside those everybody knows by name; a grid may depend on the
   * number of rows of each stream.
   */
  readonly schedules?: Readonly<Record<string, (options: GridOptions, rows: Streams<number>) => Schedule>>;
  /**
   * Guidance of this model, where it is more than one scale away from one prompt. `scale`: what was asked for,
   * `undefined` for the model's own.
   */
  guide?(scale: number | undefined): Guidance;
  /** Files that were calibrated for these weights, by the plugin they are for. */
  readonly policies?: Readonly<Record<string, string>>;
  /** What was published of plugins' options for these weights; the command takes what has a value as default. */
  readonly presets?: MethodPresets;
  /**
   * What a run is given (`GenerateOptions.given`) of the latents `[C, T, Y, X]` of a video whose given frames are
   * clean: models of image to video that read them in condition channels. Missing for all others.
   */
  fromImage?(video: HostTensor): Given;
  /** Checks a size in pixels and gives that of its latents. */
  grid(size: VideoSize): Grid;
  /** Shape of one stream's latents as the codec has them, without a batch axis. */
  latentShape(grid: Grid): Streams<readonly number[]>;
}

export interface VideoModelPhase {
  readonly name: string;
  readonly model: OpenModel;
  /**
   * This phase ends at the first step whose timestep falls below `until` (units of the model's timestep,
   * 0 to 1000). Absent for the last phase.
   */
  readonly until?: number;
  /** Guidance scale of this phase, where it has its own. */
  readonly guidance?: number;
  readonly sampler?: 'keep' | 'restart';
}

export interface PromptEncoder {
  /** Condition ports of one prompt. Throws a `SkipstoneError` for prompts the model cannot read. */
  encode(prompt: string): Promise<Readonly<Record<string, HostTensor>>>;
  /** Several at once, `undefined` for none: an encoder that is read a layer at a time reads each layer once. */
  encodeMany?(
    prompts: readonly (string | undefined)[],
  ): Promise<readonly Readonly<Record<string, HostTensor>>[]>;
  /** What stands for no prompt: the unconditional branch unless a negative prompt is given. */
  encodeEmpty(): Promise<Readonly<Record<string, HostTensor>>>;
  /** Rows of every encoded prompt, where they are known without encoding one. */
  readonly rows?: number;
  /** A few prompts that work, for help texts. */
  readonly examples: readonly string[];
  /** As many different prompts as asked for, where the model can make them up; fewer are the first of more. */
  manyExamples?(count: number): readonly string[];
}

export interface Codec {
  /** Latents → pictures. */
  decode(latents: Streams<HostTensor>, grid: Grid): Promise<Frames>;
}

/** Pictures of a video: one RGBA buffer of width·height·4 bytes a frame. */
export interface Frames {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly rgba: readonly Uint8ClampedArray[];
  /** What is heard: samples from −1 to 1, one list a channel, all of one length. */
  readonly sound?: { readonly rate: number; readonly samples: readonly Float32Array[] };
}

export interface VideoSize {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Frames of the video. */
  readonly frames: number;
}

export interface ModelDefaults extends VideoSize {
  readonly steps: number;
  readonly guidance: number;
  readonly guidanceForm: 'uncond' | 'cond';
  readonly shift: number;
  readonly sampler: 'euler' | 'unipc';
  /** The schedule each sampler runs on unless told otherwise. */
  readonly schedules: Readonly<Record<'euler' | 'unipc', string>>;
  readonly framesPerSecond: number;
}
