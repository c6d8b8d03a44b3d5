import { type JsonOptions, scheduleNamed, type VideoModel } from '@skipstone/core';
import type { RunSettings } from '@skipstone/galaxy-cache/calibration';

/** What the numbers of a run depend on, defaults filled in: what trace and policy files are held against. */
export function runSettings(model: VideoModel, options: JsonOptions): RunSettings {
  const { defaults } = model;
  const solver = options.sampler ?? defaults.sampler;
  return {
    model: model.name,
    fingerprints: model.phases.map((phase) => phase.model.checkpoint.fingerprint),
    solver,
    schedule: options.schedule ?? defaults.schedules[solver],
    shift: options.shift ?? defaults.shift,
    steps: options.steps ?? defaults.steps,
    guidance: model.phases.map((phase) => options.guidance ?? phase.guidance ?? defaults.guidance),
    width: options.width ?? defaults.width,
    height: options.height ?? defaults.height,
    frames: options.frames ?? defaults.frames,
    precision: options.precision ?? 'fp32',
    device: options.device ?? 'cpu',
  };
}

/** The options of `generate` that lead to these settings. */
export function optionsOf(settings: RunSettings, rest: JsonOptions = {}): JsonOptions {
  const { solver, schedule, shift, steps, guidance, width, height, frames, precision, device } = settings;
  const [scale] = guidance;
  // A scale of its own in each phase is the model's; one for all may have been asked for.
  const one = guidance.every((value) => value === scale) && scale !== undefined ? { guidance: scale } : {};
  const typed = { sampler: solver, precision, device } as Pick<
    JsonOptions,
    'sampler' | 'precision' | 'device'
  >;
  return { ...rest, ...typed, ...one, schedule, shift, steps, width, height, frames };
}

export const sigmasOf = ({ schedule, steps, shift }: RunSettings): readonly number[] =>
  scheduleNamed(schedule, { steps, shift }).sigmas;
