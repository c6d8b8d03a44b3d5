import type { VideoModel } from '@skipstone/core';
import { formatOf } from '@skipstone/video';
import { named, type Output } from '../files/prepare-outputs.js';
import type { Settings } from '../options/settings.js';
import { numbered, slugOf } from './names.js';

/** The files of one video. */
export interface Outputs {
  readonly seed: number;
  /** Absent where the model has no codec. */
  readonly video: string | undefined;
  /** Beside the video, of a model that makes sound. */
  readonly sound: string | undefined;
  readonly latents: string | undefined;
  readonly ledger: string | undefined;
  readonly save: string | undefined;
  readonly report: string | undefined;
}

/** Names for every video of the job. */
export function outputsOf(settings: Settings, model: VideoModel): readonly Outputs[] {
  const { options, count, out, files } = settings;
  const slug = slugOf(
    options.prompt ?? (files.embeds === undefined ? '' : files.embeds.replace(/.*[\\/]|\.\w+$/g, '')),
  );
  return Array.from({ length: count }, (_, i) => {
    const seed = (options.seed ?? 0) + i;
    const name = (path: string | undefined): string | undefined => path && numbered(path, i, count);
    const video = out === undefined ? `${slug}-${seed}.mp4` : name(out);
    return {
      seed,
      video: model.codec ? video : undefined,
      sound: model.codec && makesSound(model) && video !== undefined ? besides(video) : undefined,
      latents: name(files.latentsOut),
      ledger: name(files.ledger),
      save: name(files.save),
      report: name(files.report),
    };
  });
}

/** All of them as they are written, with the options that name them. */
export const filesOf = (all: readonly Outputs[]): readonly Output[] =>
  all.flatMap(({ video, sound, latents, ledger, save, report }) => [
    ...named('--out', video).map((one) => ({ ...one, folder: formatOf(one.path) === 'folder' })),
    ...named('--out (its sound)', sound),
    ...named('--latents-out', latents),
    ...named('--ledger', ledger),
    ...named('--save', save),
    ...named('--report', report),
  ]);

const makesSound = ({ phases }: VideoModel): boolean => 'audio' in (phases[0]?.model.spec.streams ?? {});

/** `film.mp4` → `film.wav`. */
const besides = (video: string): string => `${video.replace(/\.(?:mp4|gif|png)$/, '')}.wav`;
