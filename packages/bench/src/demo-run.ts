import { type Frames, type GenerateResult, generate, type Plugin, type VideoModel } from '@skipstone/core';

/** One run of the demo model: what its measured rows have in common. */
export const demoRun = (
  model: VideoModel,
  asked: {
    readonly prompt: string;
    readonly seed: number;
    readonly steps: number;
    readonly plugins: readonly Plugin[];
    readonly threads?: number;
  },
): Promise<GenerateResult> => generate(model, { ...asked, sampler: 'euler', shift: 3, guidance: 4 }).result;

/** The decoded frames of a run. */
export function framesOf(result: GenerateResult | undefined): Frames {
  if (result?.video) return result.video;
  throw new TypeError('the demo model has a codec');
}
