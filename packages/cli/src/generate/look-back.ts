import { computedShare } from '@skipstone/core';
import { placeFile } from '@skipstone/video';
import { eachOutput } from '../files/each-output.js';
import { referenceRun, type TimedResult } from './reference-run.js';
import type { VideoJob } from './video-job.js';

export interface LookBack {
  /** What was reused and what it gained, in a line; `undefined` where no plugin decided anything. */
  readonly summary: string | undefined;
  /** Pages that were written, as they were named on the command line. */
  readonly files: readonly string[];
  /** True if all that was asked for was written. */
  readonly whole: boolean;
}

/** After a run: the reference where one is asked for, the summary, the page. */
export async function lookBack(job: VideoJob, run: TimedResult): Promise<LookBack> {
  const { settings, outputs, sheet } = job;
  const { ledger, plan, video, latents } = run.result;
  if (ledger.decisions.length === 0 && !settings.reference && outputs.report === undefined) {
    return { summary: undefined, files: [], whole: true };
  }
  const { latentSnr, psnr, ssim, summarise, summaryLine } = await import('@skipstone/report/summary');
  if (settings.reference) sheet.enter('reference');
  const reference = settings.reference ? await referenceRun(job) : undefined;
  sheet.enter('report');
  const plain = reference?.result.video;
  const share = computedShare(plan, ledger);
  const summary = summarise({
    ledger,
    workShare: share.whole,
    stepMs: run.stepMs,
    ...(reference && { referenceStepMs: reference.stepMs }),
    ...(plain && video && { psnr: psnr(video, plain), ssim: ssim(video, plain) }),
    ...(reference && !video && { latentSnr: latentSnr(latents, reference.result.latents) }),
  });
  const { report } = outputs;
  const write = async (path: string): Promise<void> => {
    const { pageOf } = await import('./page-of.js');
    const page = await pageOf({ job, run, reference, summary, share });
    await placeFile(path, new TextEncoder().encode(page));
  };
  const files = report === undefined ? [] : await eachOutput([[report, () => write(report)]]);
  return { summary: summaryLine(summary, ledger), files, whole: report === undefined || files.length > 0 };
}
