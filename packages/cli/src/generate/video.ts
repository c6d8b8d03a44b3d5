import { type Frames, type GenerateResult, generate, type Run, type RunEvent } from '@skipstone/core';
import { writeFrames, writeWav } from '@skipstone/video';
import { eachOutput, type Writing } from '../files/each-output.js';
import { writeLatents } from '../files/latents.js';
import { writeLedger } from '../files/ledger.js';
import { timedModel } from '../model/timed-model.js';
import { jobOptions, stagesOptions } from './job-options.js';
import { lookBack } from './look-back.js';
import { type Part, time } from './time-sheet.js';
import type { VideoJob } from './video-job.js';

export interface MadeVideo {
  /** As they were named on the command line. */
  readonly files: readonly string[];
  /** True if all that was asked for was written. */
  readonly whole: boolean;
  readonly remarks: Readonly<Partial<Record<Part, string>>>;
  /** What plugins reused and gained, in a line. */
  readonly summary: string | undefined;
}

/** Makes a video and writes its files. */
export async function makeVideo(job: VideoJob): Promise<MadeVideo> {
  const { sheet, progress } = job;
  const run = await begin(job);
  const stepMs: number[] = [];
  let plans = 0;
  try {
    for await (const event of run) {
      if (event.type === 'step') stepMs.push(event.ms);
      if (event.type === 'plan') plans++;
      show(event, job, plans);
    }
  } finally {
    progress.end();
  }
  const result = await run.result;
  sheet.enter('write');
  const { files, whole, remarks } = await writeAll(job, result);
  const insideMs = result.runs.reduce((sum, { ms }) => sum + ms, 0);
  const seen = await lookBack(job, { result, stepMs });
  sheet.stop();
  return {
    files: [...files, ...seen.files],
    whole: whole && seen.whole && !job.state.unsaved,
    remarks: { ...remarks, denoise: `${time(insideMs)} inside the runtime` },
    summary: seen.summary,
  };
}

/** One stage or both. */
async function begin(job: VideoJob): Promise<Run<GenerateResult>> {
  const { model, second, sheet } = job;
  if (!second)
    return generate(
      timedModel(model, (part) => sheet.enter(part)),
      jobOptions(job),
    );
  const { generateTwoStages } = await import('@skipstone/models-ltx');
  return generateTwoStages(second.stages, stagesOptions(job, second));
}

/** `plans`: how many runs have begun. */
function show(event: RunEvent, job: VideoJob, plans: number): void {
  const { progress, sheet, settings, model, second, inputs, state } = job;
  if (event.type === 'plan') {
    state.begun = true;
    sheet.enter('denoise');
    if (plans > 1) progress.end();
    state.done = plans > 1 ? 0 : (inputs.resume?.step ?? 0);
    const inSecond = second && (plans > 1 || inputs.before);
    const steps = settings.options.steps ?? model.defaults.steps;
    progress.begin(inSecond ? second.stages.second.defaults.steps : steps, state.done);
  }
  if (event.type === 'step') {
    state.done = event.done;
    progress.step(event.done, event.ms, event.etaMs);
  }
  if (event.type === 'note' && (second || !job.noted.has(event.text))) {
    job.noted.add(event.text);
    progress.note(`note: ${event.text}`);
  }
}

async function writeAll(job: VideoJob, result: GenerateResult): Promise<Omit<MadeVideo, 'summary'>> {
  const { outputs, identity, settings } = job;
  const remarks: { write?: string } = {};
  const writeVideo = async (path: string, video: Frames): Promise<void> => {
    const { scale } = settings;
    const { format, scale: factor } = await writeFrames(path, video, scale === undefined ? {} : { scale });
    const { width, height, rgba, framesPerSecond } = video;
    const size = `${width * factor}x${height * factor}`;
    remarks.write = `${format}, ${rgba.length} frames of ${size}, ${framesPerSecond} a second`;
  };
  const { video, sound, latents, ledger } = outputs;
  const { video: frames } = result;
  const all: Writing[] = [];
  if (video !== undefined && frames) all.push([video, () => writeVideo(video, frames)]);
  const heard = frames?.sound;
  if (sound !== undefined && heard) all.push([sound, () => writeWav(sound, heard)]);
  if (latents !== undefined) all.push([latents, () => writeLatents(latents, result.latents, identity)]);
  if (ledger !== undefined) all.push([ledger, () => writeLedger(ledger, result.ledger)]);
  const files = await eachOutput(all);
  return { files, whole: files.length === all.length, remarks };
}
