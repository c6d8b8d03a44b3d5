import type { AudioCodec, VideoCodec } from '@skipstone/codecs';
import { type HostTensor, SkipstoneError, type VideoModel } from '@skipstone/core';
import type { EncodedText, ImageEncoder } from '@skipstone/encoders';
import type { CodecRun } from '../pictures.js';
import type { PipelineInputs, PreparedModel, PrepareOptions } from '../pipeline.js';

/** What `prepare` works with. */
export interface OpenParts {
  readonly codec: VideoCodec;
  readonly image: ImageEncoder | undefined;
  readonly run: CodecRun;
}

/** What a family of models brings to a pipeline. */
export interface FamilyParts {
  /** The transformer; text and codec are added to it. */
  readonly model: VideoModel;
  /** Of models that make sound. */
  readonly sound?: AudioCodec;
  clean(prompt: string): string;
  /** The negative prompt unless another is given. */
  readonly empty: string;
  readonly maxTokens: number;
  readonly examples: readonly string[];
  ports(text: EncodedText): Promise<Readonly<Record<string, HostTensor>>>;
  /** `model` of the parts is the one with text and codec. */
  prepare(
    parts: OpenParts & { readonly model: VideoModel },
    inputs: PipelineInputs,
    options: PrepareOptions,
  ): Promise<PreparedModel>;
}

export function noInput(model: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'pipeline-input',
    what: `${model}: it cannot make a video from this`,
    have,
    need,
    do: 'give what this model takes, or name another model',
  });
}
