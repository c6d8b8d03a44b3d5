import {
  assertKnownOptions,
  type LatentStatistics,
  type Lora,
  only,
  SkipstoneError,
  type VideoModel,
} from '@skipstone/core';
import { type OpenLtxOptions, openLtx } from '../open-ltx.js';
import { type LatentUpsampler, openLatentUpsampler } from '../upsampler/open-upsampler.js';
import { latentStatistics } from './latent-statistics.js';

/** What a run in two stages takes: a small video, made larger in its latents, then refined in three steps. */
export interface TwoStages {
  readonly first: VideoModel;
  /** The same transformer as it runs the second stage: no guidance, three steps of `ltx-distilled`. */
  readonly second: VideoModel;
  readonly upsampler: LatentUpsampler;
  readonly statistics: LatentStatistics;
  /** Whose sound is the result. */
  readonly audio: 'first' | 'second';
}

export interface OpenTwoStagesOptions extends OpenLtxOptions {
  /** Folder or file of the latent upsampler. Default: `latent_upsampler` in the pipeline's folder. */
  readonly upsampler?: string;
  /** Low-rank additions of the second stage beside `loras`: a model that is not distilled needs the distilled one. */
  readonly secondLoras?: readonly Lora[];
  /** Where the statistics of the video's latents lie: a release's one file, or its `vae`. Default: in the model's path. */
  readonly statistics?: string;
  /**
   * Whose sound is the result: of a distilled model the second stage's, else the first one's, as the original
   * does (diffusers: always the second's).
   */
  readonly audio?: 'first' | 'second';
}

/** Opens an LTX-2 transformer for both stages, with a latent upsampler of height and width. Reads headers only. */
export async function openLtxTwoStages(path: string, options: OpenTwoStagesOptions = {}): Promise<TwoStages> {
  const { upsampler: upsamplerPath = path, secondLoras = [], statistics = path, ...rest } = options;
  const { audio = rest.distilled ? 'second' : 'first', ...open } = rest;
  assertAudio(audio);
  if (!open.distilled && secondLoras.length === 0) throw notDistilled(path);
  const off = secondLoras.find(({ strength }) => strength === 0);
  if (off) throw leftOut(off.path);
  const first = await openLtx(path, open);
  const loras = [...(open.loras ?? []), ...secondLoras];
  const again = secondLoras.length === 0 ? first : await openLtx(path, { ...open, loras });
  const upsampler = await openLatentUpsampler(upsamplerPath);
  const { channels, spatial, temporal } = upsampler.config;
  const [needed] = first.latentShape({ frames: 1, height: 1, width: 1 }).video ?? [];
  if (!spatial || temporal || channels !== needed) throw wrongUpsampler(upsampler, upsamplerPath, needed);
  return {
    ...{ first, second: asSecond(again), upsampler, audio },
    statistics: await latentStatistics(statistics, channels),
  };
}

/** Source: the two-stage pipelines of diffusers 58eb52c0 and Lightricks/LTX-2 400fd310. */
const asSecond = (model: VideoModel): VideoModel => ({
  ...model,
  guide: () => only(),
  defaults: {
    ...model.defaults,
    ...{ steps: 3, guidance: 1, shift: 1, sampler: 'euler' },
    schedules: { euler: 'ltx-distilled', unipc: 'ltx-distilled' },
  },
});

function assertAudio(audio: string): void {
  assertKnownOptions('openLtxTwoStages: audio', { [audio]: audio }, ['first', 'second']);
}

function notDistilled(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-two-stages',
    what: `${path}: its second stage would be run by a model that was not distilled`,
    have: 'a full model without low-rank additions for its second stage',
    need: 'the distilled low-rank addition of its release, or a distilled checkpoint',
    do:
      'pass { secondLoras: [{ path }] } (--second-lora FILE), or { distilled: true } (--distilled) if the ' +
      'checkpoint is distilled',
  });
}

function leftOut(path: string): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-two-stages',
    what: `${path}: at strength 0 it adds nothing to the second stage`,
    have: 'strength 0',
    need: 'another strength: 1 is as it was trained',
    do: 'leave the strength out, or the file (--second-lora)',
  });
}

function wrongUpsampler(
  { name, config }: LatentUpsampler,
  path: string,
  channels: number | undefined,
): SkipstoneError {
  const { spatial, temporal } = config;
  const what = [...(spatial ? ['height and width'] : []), ...(temporal ? ['frames'] : [])].join(' and ');
  return new SkipstoneError({
    code: 'ltx-two-stages',
    what: `${path}: this ${name} does not lie between the two stages`,
    have: `${config.channels} channels, more ${what}`,
    need: `${channels} channels, more height and width only`,
    do: 'name the spatial upsampler of the same release',
  });
}
