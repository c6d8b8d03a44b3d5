import {
  assertSameRun,
  type GenerateOptions,
  type Given,
  gridOf,
  type HostTensor,
  type Ledger,
  type Plugin,
  type RunIdentity,
  readSavedRun,
  type SavedRun,
  type Streams,
  type VideoModel,
} from '@skipstone/core';
import type { ProxyTrace } from '@skipstone/report';
import { type Embeds, readEmbeds } from '../files/embeds.js';
import { readGiven } from '../files/given.js';
import { readLedger } from '../files/ledger.js';
import { readNoise } from '../files/noise.js';
import type { Settings } from '../options/settings.js';
import { type OpenStages, sizeInWords } from './open-stages.js';
import type { Outputs } from './outputs.js';
import type { Progress } from './progress.js';
import type { TimeSheet } from './time-sheet.js';

/** One video to make, and all it takes. */
export interface VideoJob {
  readonly settings: Settings;
  /** Of the first stage, where there are two. */
  readonly model: VideoModel;
  readonly second: OpenStages | undefined;
  readonly plugins: readonly Plugin[];
  readonly inputs: Inputs;
  readonly identity: RunIdentity;
  /** What `--trace` says of proxies, for the page. */
  readonly proxies: ProxyTrace | undefined;
  readonly outputs: Outputs;
  readonly signal: AbortSignal;
  readonly sheet: TimeSheet;
  readonly progress: Progress;
  readonly state: JobState;
  /** Notes that were said, of all videos of one stage: each is said once. */
  readonly noted: Set<string>;
}

export interface JobState {
  /** True from the first plan on: what goes wrong then is a failure, no refusal. */
  begun: boolean;
  /** Steps that are done, and that are in the file of `--save`. */
  done: number;
  saved: number;
  /** True where the last step could not be saved. */
  unsaved: boolean;
}

/** What was read from files. */
export interface Inputs {
  readonly embeds?: Embeds;
  readonly noise?: NonNullable<GenerateOptions['noise']>;
  readonly given?: Given;
  readonly replay?: Ledger;
  readonly resume?: SavedRun;
  /** Latents of a first stage that was run before: then `resume` is of the second. */
  readonly before?: Streams<HostTensor>;
}

/** Reads the files a video starts from, each held against the model and the run. */
export async function readInputs(
  settings: Settings,
  model: VideoModel,
  identity: RunIdentity,
): Promise<Inputs> {
  const { options, files } = settings;
  const grid = gridOf(model, options);
  const name = model.phases.map(({ model: { spec } }) => spec.name).join(' → ');
  const { embeds, noise, replay, resume } = files;
  const given = await readGiven(files, model, grid, sizeInWords(settings));
  return {
    ...(embeds !== undefined && { embeds: await readEmbeds(embeds, model) }),
    ...(noise !== undefined && { noise: await readNoise(noise, model, grid) }),
    ...(given !== undefined && { given }),
    ...(replay !== undefined && {
      replay: await readLedger(replay, name, options.steps ?? model.defaults.steps),
    }),
    ...(resume !== undefined && (await resumed(resume, identity))),
  };
}

async function resumed(path: string, identity: RunIdentity): Promise<Pick<Inputs, 'resume' | 'before'>> {
  const file = await readSavedRun(path);
  assertSameRun(path, file.identity, identity);
  return { resume: file.saved, ...(file.before && { before: file.before }) };
}
