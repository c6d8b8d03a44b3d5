import type { ComputedShare, Frames } from '@skipstone/core';
import { amplifiedDifference, type ReportVideo, type RunSummary, reportPage } from '@skipstone/report';
import { encodeMp4, fittingScale, WRITE_DEFAULTS } from '@skipstone/video';
import { type TokenPictures, tokenPictures } from '../report/token-pictures.js';
import type { TimedResult } from './reference-run.js';
import type { VideoJob } from './video-job.js';

interface PageParts {
  readonly job: VideoJob;
  readonly run: TimedResult;
  readonly reference: TimedResult | undefined;
  readonly summary: RunSummary;
  readonly share: ComputedShare;
}

/** How many times the difference of two videos is amplified: a change of one in 255 is just seen. */
const GAIN = 8;

/** The page of `--report`. */
export async function pageOf({ job, run, reference, summary, share }: PageParts): Promise<string> {
  const { inputs } = job;
  const tokens = tokenPictures(run.result);
  return reportPage({
    title: job.settings.options.prompt ?? `${job.model.name}, seed ${job.outputs.seed}`,
    facts: factsOf(job),
    summary,
    ledger: run.result.ledger,
    passShares: share.passes,
    videos: await videosOf(run.result.video, reference?.result.video, tokens),
    ...(job.proxies && { proxy: job.proxies }),
    ...(tokens && { tokenStills: tokens.stills }),
    ...(inputs.resume ? {} : { stepMs: run.stepMs }),
    ...(reference && { referenceStepMs: reference.stepMs }),
  });
}

function factsOf(job: VideoJob): readonly (readonly [string, string])[] {
  const { identity } = job;
  const { width, height, frames } = identity;
  const text = (value: unknown): string =>
    Array.isArray(value) ? value.join(', ') : String(value ?? 'none');
  const named = ['model', 'seed', 'steps', 'guidance', 'shift', 'sampler', 'device', 'precision'] as const;
  return [
    ...named.map((name) => [name, text(identity[name])] as const),
    ['size', `${width}x${height}, ${frames} frames`],
    ['plugins', job.settings.plugins.join(' → ') || 'none'],
  ];
}

async function videosOf(
  video: Frames | undefined,
  plain: Frames | undefined,
  tokens: TokenPictures | undefined,
): Promise<readonly ReportVideo[]> {
  if (!video) return [];
  const shown = async (name: string, frames: Frames, note?: string): Promise<ReportVideo> => ({
    name,
    mp4: await encodeMp4(
      frames,
      fittingScale('mp4', frames.width, frames.height),
      WRITE_DEFAULTS.quantisation,
    ),
    ...(note === undefined ? {} : { note }),
  });
  const videos = [await shown('this run', video)];
  if (plain) {
    const difference = amplifiedDifference(video, plain, GAIN);
    videos.push(await shown('reference', plain, 'no plugins'));
    videos.push(await shown('difference', difference, `amplified ${GAIN} times`));
  }
  if (tokens) videos.push(await shown('token budget', tokens.video, 'yellow: computed at every step'));
  return videos;
}
