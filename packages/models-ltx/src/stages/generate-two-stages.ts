import {
  denormalised,
  type GenerateOptions,
  type GenerateResult,
  generate,
  type HostTensor,
  normalised,
  type Run,
  type RunEvent,
  type Streams,
  seededNoise,
  startRun,
  type Tell,
} from '@skipstone/core';
import { keptFrames } from './kept-frames.js';
import type { TwoStages } from './open-two-stages.js';
import { planStages, secondOptions } from './plan-stages.js';
import { firstSize, sizeOf } from './sizes-of-stages.js';
import type { TwoStageOptions, TwoStageResult } from './two-stage-options.js';

/**
 * Makes a video in two stages: the first at half the size (by the upsampler's scale), its latents made larger, then
 * three steps at the full size that begin at a noise level of 0.909. `width` and `height` are those of the result, for a
 * scale of 2 multiples of 64, and 1536×1024 by default. Options are the first stage's but for what says otherwise;
 * `seed` is both stages': the noise of the second is drawn after that of the first.
 *
 * What does not fit in the second stage is refused before the first begins.
 */
export function generateTwoStages(stages: TwoStages, options: TwoStageOptions): Run<TwoStageResult> {
  return startRun((tell) => work(stages, options, tell));
}

async function work(stages: TwoStages, asked: TwoStageOptions, tell: Tell): Promise<TwoStageResult> {
  const { second = {}, firstLatents, afterFirst, adain, toneMap, ...options } = asked;
  const full = sizeOf(stages, options);
  const small = firstSize(full, stages.upsampler);
  await planStages(stages, { options, second, full });
  const told = async (stage: string, run: Run<GenerateResult>): Promise<GenerateResult> => {
    tell({ type: 'note', text: stage });
    for await (const event of run) tell(event satisfies RunEvent);
    return run.result;
  };
  const { threads, signal, device = 'cpu', memoryBytes } = options;
  const first = firstLatents
    ? undefined
    : await told(
        `first stage, ${small.width}x${small.height}`,
        generate(stages.first, { ...options, ...small }),
      );
  const { video, audio } = firstLatents ?? first?.latents ?? {};
  if (!video || !audio) throw new TypeError('the first stage has no video or no audio');
  await afterFirst?.({ video, audio });
  tell({ type: 'note', text: `making latents larger, to ${full.width}x${full.height}` });
  const larger = await stages.upsampler.upsample(denormalised(video, stages.statistics), {
    ...{ device, memoryBytes, adain, toneMap },
    ...(threads === undefined ? {} : { threads }),
    ...(signal ? { signal } : {}),
  });
  const latents = { video: normalised(larger, stages.statistics), audio };
  const kept = keptFrames(stages.second, { given: options.given, small: video, large: latents.video });
  const own = { ...(kept ? { given: kept } : {}), noise: noiseAfter(stages, options, full), ...second };
  const both = {
    ...secondOptions(options),
    ...(options.embeds ? { embeds: options.embeds } : {}),
    ...(signal ? { signal } : {}),
  };
  const end = await told(
    `second stage, ${full.width}x${full.height}`,
    generate(stages.second, { ...both, ...own, ...full, latents }),
  );
  const sound = stages.audio === 'first' ? { audio } : {};
  return { ...end, latents: { ...end.latents, ...sound }, first };
}

/** Noise of the second stage goes on where the first one's ended, as with one generator for both. */
function noiseAfter(
  { first, second, upsampler }: TwoStages,
  { seed = 0 }: GenerateOptions,
  full: ReturnType<typeof sizeOf>,
): Streams<HostTensor> {
  const shapes = Object.values(first.latentShape(first.grid(firstSize(full, upsampler))));
  const drawn = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return seededNoise(second, second.grid(full), seed, drawn);
}
