import type { GenerateOptions, GenerateResult, HostTensor, Streams } from '@skipstone/core';
import type { Toning } from '../upsampler/toning.js';

/** What belongs to one stage, and is given to each for itself. */
export type SecondStageOptions = Pick<
  GenerateOptions,
  'plugins' | 'given' | 'noise' | 'replay' | 'resume' | 'afterStep'
>;

export interface TwoStageOptions extends GenerateOptions, Toning {
  /**
   * The second stage's own: plugins (default none), clean frames at the full size (default: those given to the first
   * stage, as the upsampler has them), noise, and what is saved, resumed and replayed.
   */
  readonly second?: SecondStageOptions;
  /** Latents of a first stage that was run before: then only the second is. */
  readonly firstLatents?: Streams<HostTensor>;
  /** Called with the latents of the first stage before the second begins, to keep them with what it saves. */
  readonly afterFirst?: (latents: Streams<HostTensor>) => void | Promise<void>;
}

export interface TwoStageResult extends GenerateResult {
  /** Of the first stage, where it was run here. */
  readonly first: GenerateResult | undefined;
}
