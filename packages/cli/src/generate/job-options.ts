import type { GenerateOptions, HostTensor, Streams } from '@skipstone/core';
import { writeSavedRun } from '@skipstone/core';
import type { TwoStageOptions } from '@skipstone/models-ltx';
import { eachOutput } from '../files/each-output.js';
import type { OpenStages } from './open-stages.js';
import type { VideoJob } from './video-job.js';

/** What a job asks of `generate`. */
export function jobOptions(job: VideoJob): GenerateOptions {
  const { settings, plugins, inputs, signal, outputs } = job;
  const { before: _, ...given } = inputs;
  const { save } = outputs;
  return {
    ...settings.options,
    ...given,
    plugins,
    signal,
    seed: outputs.seed,
    ...(save !== undefined && { afterStep: saver(job, save) }),
  };
}

/** What it asks of a run in two stages. A file that was saved in the second has the first one's latents. */
export function stagesOptions(job: VideoJob, { full, plugins }: OpenStages): TwoStageOptions {
  const { resume, ...first } = jobOptions(job);
  const { before } = job.inputs;
  const { save } = job.outputs;
  let kept: Streams<HostTensor> | undefined;
  return {
    ...first,
    ...full,
    ...(before ? { firstLatents: before } : { ...(resume && { resume }) }),
    afterFirst: (latents) => {
      kept = latents;
    },
    second: {
      plugins,
      ...(before && resume && { resume }),
      ...(save !== undefined && { afterStep: saver(job, save, () => kept) }),
    },
  };
}

function saver(
  { sheet, identity, state, progress, settings }: VideoJob,
  path: string,
  before: () => Streams<HostTensor> | undefined = () => undefined,
): NonNullable<GenerateOptions['afterStep']> {
  return async (_, save) => {
    sheet.enter('save');
    const saved = await save();
    const earlier = before();
    const write = () => writeSavedRun(path, { saved, identity, ...(earlier && { before: earlier }) });
    // Said once; a later step may find room again.
    const say = state.unsaved ? () => {} : settings.quiet ? undefined : progress.note;
    const written = await eachOutput([[path, write]], say);
    state.unsaved = written.length === 0;
    if (!state.unsaved) state.saved = saved.step;
    sheet.enter('denoise');
  };
}
