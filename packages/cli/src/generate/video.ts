import {
  type GenerateOptions,
  type GenerateResult,
  generate,
  type Ledger,
  type Plugin,
  type RunEvent,
  type RunIdentity,
  type SavedRun,
  type VideoModel,
  writeSavedRun,
} from '@skipstone/core';
import type { Embeds } from '../files/embeds.js';
import { writeLatents } from '../files/latents.js';
import { writeLedger } from '../files/ledger.js';
import { timedModel } from '../model/timed-model.js';
import { writeFrames } from '../write/write-frames.js';
import type { Outputs } from './outputs.js';
import type { Progress } from './progress.js';
import { type Part, type TimeSheet, time } from './time-sheet.js';

/** One video to make, with everything read. */
export interface VideoJob {
  readonly model: VideoModel;
  readonly options: GenerateOptions;
  readonly plugins: readonly Plugin[];
  readonly embeds?: Embeds;
  readonly noise?: GenerateOptions['noise'];
  readonly replay?: Ledger;
  readonly resume?: SavedRun;
  readonly outputs: Outputs;
  readonly scale: number | undefined;
  readonly identity: RunIdentity;
  readonly signal: AbortSignal;
  readonly sheet: TimeSheet;
  readonly progress: Progress;
  /** Told after each step that was saved. */
  readonly saved: (step: number) => void;
}

export interface MadeVideo {
  readonly files: readonly string[];
  readonly remarks: Readonly<Partial<Record<Part, string>>>;
}

/** Makes a video and writes its files. */
export async function makeVideo(job: VideoJob): Promise<MadeVideo> {
  const { sheet, progress } = job;
  const run = generate(timedModel(job.model, (part) => sheet.enter(part)), optionsOf(job));
  try {
    for await (const event of run) show(event, job);
  } finally {
    progress.end();
    sheet.stop();
  }
  const result = await run.result;
  sheet.enter('write');
  const written = await writeAll(job, result);
  sheet.stop();
  const inside = result.runs.reduce((sum, { ms }) => sum + ms, 0);
  return { ...written, remarks: { ...written.remarks, denoise: `${time(inside)} inside the runtime` } };
}

function optionsOf(job: VideoJob): GenerateOptions {
  const { options, plugins, embeds, noise, replay, resume, signal, outputs } = job;
  return {
    ...options,
    plugins,
    signal,
    seed: outputs.seed,
    ...(embeds && { embeds }),
    ...(noise && { noise }),
    ...(replay && { replay }),
    ...(resume && { resume }),
    ...(outputs.save !== undefined && { afterStep: saver(job, outputs.save) }),
  };
}

function saver({ sheet, identity, saved: told }: VideoJob, path: string): NonNullable<GenerateOptions['afterStep']> {
  return async (step, save) => {
    sheet.enter('save');
    await writeSavedRun(path, { saved: await save(), identity });
    told(step + 1);
    sheet.enter('denoise');
  };
}

function show(event: RunEvent, { progress, sheet, options, model, resume }: VideoJob): void {
  switch (event.type) {
    case 'plan':
      sheet.enter('denoise');
      return progress.begin(options.steps ?? model.defaults.steps, resume?.step ?? 0);
    case 'step':
      return progress.step(event.done, event.ms, event.etaMs);
    case 'note':
      return progress.note(`note: ${event.text}`);
    case 'phase':
    case 'decision':
    case 'branch':
    case 'preview':
      return;
    default:
      return event satisfies never;
  }
}

async function writeAll({ outputs, scale, identity }: VideoJob, result: GenerateResult): Promise<MadeVideo> {
  const files: string[] = [];
  let about = '';
  if (outputs.video !== undefined && result.video) {
    const { video } = result;
    const written = await writeFrames(outputs.video, video, scale === undefined ? {} : { scale });
    const { width, height, rgba, framesPerSecond } = video;
    const size = `${width * written.scale}x${height * written.scale}`;
    about = `${written.format}, ${rgba.length} frames of ${size}, ${framesPerSecond} a second`;
    files.push(outputs.video);
  }
  if (outputs.latents !== undefined) {
    await writeLatents(outputs.latents, result.latents, identity);
    files.push(outputs.latents);
  }
  if (outputs.ledger !== undefined) {
    await writeLedger(outputs.ledger, result.ledger);
    files.push(outputs.ledger);
  }
  return { files, remarks: about ? { write: about } : {} };
}
