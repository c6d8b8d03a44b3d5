import {
  gridOf,
  guidanceScales,
  type JsonOptions,
  SkipstoneError,
  scheduleOf,
  usualSchedule,
  type VideoModel,
} from '@skipstone/core';
import type { RunSettings } from '../policy/settings.js';

/**
 * What the numbers of a run depend on, defaults filled in: what trace and policy files are held against. How the
 * model was opened and what runs are given beside text are said in words.
 */
export function runSettings(
  model: VideoModel,
  options: JsonOptions,
  words: Pick<RunSettings, 'opened' | 'given'> = {},
): RunSettings {
  const { defaults } = model;
  const sampler = options.sampler ?? defaults.sampler;
  return {
    model: model.name,
    fingerprints: model.phases.map((phase) => phase.model.fingerprint),
    sampler,
    schedule: options.schedule ?? usualSchedule(defaults, sampler),
    shift: options.shift ?? defaults.shift,
    steps: options.steps ?? defaults.steps,
    // Guidance that is more than a scale is not the same as naming its scale.
    guidance: model.guide && options.guidance === undefined ? [] : [...guidanceScales(model, options)],
    width: options.width ?? defaults.width,
    height: options.height ?? defaults.height,
    frames: options.frames ?? defaults.frames,
    precision: options.precision ?? 'fp32',
    device: options.device ?? 'cpu',
    ...words,
  };
}

/** The options of `generate` that lead to these settings. */
export function optionsOf(settings: RunSettings, rest: JsonOptions = {}): JsonOptions {
  const { sampler, schedule, shift, steps, guidance, width, height, frames, precision, device } = settings;
  const typed = { sampler, precision, device } as Pick<JsonOptions, 'sampler' | 'precision' | 'device'>;
  const scales = guidance.length === 0 ? {} : { guidance: [...guidance] };
  return { ...rest, ...typed, ...scales, schedule, shift, steps, width, height, frames };
}

/** The noise levels of such a run of a model. */
export const sigmasOf = (model: VideoModel, settings: RunSettings): readonly number[] =>
  scheduleOf(model, optionsOf(settings), gridOf(model, settings)).sigmas;

/** True if the model's schedule has as many steps as these options ask for. */
export function hasGrid(model: VideoModel, options: JsonOptions): boolean {
  try {
    scheduleOf(model, options, gridOf(model, options));
    return true;
  } catch (error) {
    if (error instanceof SkipstoneError) return false;
    throw error;
  }
}
