import { type JsonOptions, jsonOptions, planGeneration, selfTest, type VideoSize } from '@skipstone/core';
import type { TwoStages } from './open-two-stages.js';
import { firstSize } from './sizes-of-stages.js';
import type { SecondStageOptions, TwoStageOptions } from './two-stage-options.js';

/** Tokens of text that every published model reads. */
const TEXT = 1024;

export interface StagesToPlan {
  readonly options: Omit<TwoStageOptions, 'second'>;
  readonly second: SecondStageOptions;
  /** Of the result. */
  readonly full: VideoSize;
  /** Of the text's named axes, where it is not encoded yet. Default: those of `embeds`. */
  readonly lengths?: Readonly<Record<string, number>>;
}

/** Plans what comes after the first stage, so that what does not fit is refused before any time is spent. */
export async function planStages(stages: TwoStages, { options, second, full, lengths }: StagesToPlan) {
  const { device = 'cpu', memoryBytes, precision, embeds } = options;
  const { frames, height, width } = stages.first.grid(firstSize(full, stages.upsampler));
  const larger = stages.upsampler.plan([stages.upsampler.config.channels, frames, height, width], {
    device,
    memoryBytes,
  });
  const { operators } = await selfTest(device, precision === 'fp16' ? 'float16' : 'float32');
  const { plan } = planGeneration(stages.second, {
    options: { ...secondOptions(options), ...full },
    plugins: second.plugins ?? [],
    lengths: lengths ?? { S: embeds?.cond.text?.shape[0] ?? TEXT },
    decompose: operators,
  });
  return { upsampler: larger, second: plan };
}

/** Options of JSON that both stages share: the second has its own steps, noise levels and no guidance. */
export function secondOptions(options: object): JsonOptions {
  const first = ['guidance', 'steps', 'schedule', 'sampler', 'shift'];
  const both = Object.keys(jsonOptions.shape).filter((name) => !first.includes(name));
  return Object.fromEntries(Object.entries(options).filter(([name]) => both.includes(name)));
}
