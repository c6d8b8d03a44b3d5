import type { AudioCodec, Picture, VideoCodec } from '@skipstone/codecs';
import type { Given, HostTensor, Lora, VideoModel, VideoSize } from '@skipstone/core';
import type { ImageEncoder, TextEncoder } from '@skipstone/encoders';
import type { OpenLtxOptions } from '@skipstone/models-ltx';
import type { Family } from './parts/folder.js';

export interface OpenPipelineOptions {
  /** What messages and ledgers call the model. */
  readonly name?: string;
  /** Rows of an encoded prompt. Default: the model's own, 512, LTX-2 1024. */
  readonly maxTokens?: number;
  /** Which of the transformer's weights, e.g. `fp16`. */
  readonly variant?: string | undefined;
  readonly loras?: readonly Lora[];
  /** Frames a second that the model is told; its own unless given. Cosmos and LTX-2. */
  readonly fps?: number;
  /** Of LTX-2 alone: scales of guidance, perturbed blocks, a distilled checkpoint. */
  readonly ltx?: Pick<OpenLtxOptions, 'scales' | 'perturbedBlocks' | 'distilled' | 'firstFrame'>;
  /** Threads of encoders and decoders; 0 (default) lets the runtime choose. */
  readonly threads?: number;
  /** Refuse encoders and decoders whose biggest moment needs more. */
  readonly memoryBytes?: number;
}

/** What a video is made from beside a prompt. */
export interface PipelineInputs {
  /** The first frame, in any size. */
  readonly image?: Picture;
  /** The last frame: Wan 2.2's image to video. */
  readonly lastImage?: Picture;
  /** The frames to go on from: Cosmos. */
  readonly video?: readonly Picture[];
  /** Unit noise of the latents that Cosmos draws of the frames; of the seed unless given. */
  readonly posteriorNoise?: HostTensor;
}

/** A model that knows what it is given, and what it is to be given in `generate`. */
export interface PreparedModel {
  readonly model: VideoModel;
  readonly given?: Given;
  /** What was made on the way, for those who look. */
  readonly seen: Readonly<Record<string, HostTensor>>;
}

export interface PrepareOptions {
  readonly size: VideoSize;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** A whole model: prompts to pictures. Nothing of it is loaded before it is needed, and nothing stays. */
export interface Pipeline {
  readonly path: string;
  readonly family: Family;
  /** With `text` and `codec`: `generate` takes prompts and gives pictures. */
  readonly model: VideoModel;
  readonly text: TextEncoder;
  readonly codec: VideoCodec;
  readonly image: ImageEncoder | undefined;
  /** Of models that make sound. */
  readonly sound: AudioCodec | undefined;
  /** A prompt as the tokenizer is given it. */
  clean(prompt: string): string;
  /** Encodes what a video is made from. Error `pipeline-input` for what this model does not take. */
  prepare(inputs: PipelineInputs, options: PrepareOptions): Promise<PreparedModel>;
}
