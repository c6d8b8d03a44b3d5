import type { ChainSettings, HostTensor, RunCausalOptions } from '@skipstone/core';

/** What running a part of a codec takes. */
export interface CodecPlan {
  readonly peakBytes: number;
  /** Of all chunks. */
  readonly flops: number;
}

export interface CodecOptions extends ChainSettings, RunCausalOptions {}

export interface EncodeVideoOptions extends CodecOptions {
  /** Unit noise in the shape of the latents: they are drawn from what the encoder says, not its mean. */
  readonly noise?: HostTensor;
}

export interface Posterior {
  readonly mean: HostTensor;
  readonly deviation: HostTensor;
}

/** A video autoencoder. Latents are as the denoiser has them, normalised; pictures are about −1 to 1. */
export interface VideoCodec {
  readonly name: string;
  /** Channels of latents. */
  readonly channels: number;
  /** Pixels of a side that are one latent position, and frames that are one latent frame behind the first. */
  readonly side: number;
  readonly framesPerLatent: number;
  readonly fingerprint: string;
  /** Of latents `[C, T, h, w]`; refuses what does not fit. Loads nothing. */
  planDecode(latents: readonly number[], settings: ChainSettings): CodecPlan;
  /** Of a video `[3, F, H, W]`. */
  planEncode(video: readonly number[], settings: ChainSettings): CodecPlan;
  /** Frames `[3, f, H, W]` as they come, in order. */
  decode(latents: HostTensor, options: CodecOptions): AsyncGenerator<HostTensor, void, undefined>;
  /** What the encoder says of latents, not normalised: their mean and how far they lie around it. */
  posterior(video: HostTensor, options: CodecOptions): Promise<Posterior>;
  /** Latents as the decoder itself reads them. */
  denormalised(latents: HostTensor): HostTensor;
  normalised(latents: HostTensor): HostTensor;
  /** Latents `[C, T, h, w]`. Error `codec-video` for a number of frames or a size that the codec has not. */
  encode(video: HostTensor, options: EncodeVideoOptions): Promise<HostTensor>;
}
