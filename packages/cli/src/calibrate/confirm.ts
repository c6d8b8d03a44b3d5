import { cfgAlign } from '@skipstone/cfg-align';
import type { JsonOptions, VideoModel } from '@skipstone/core';
import { galaxyCache } from '@skipstone/galaxy-cache';
import {
  bootstrap,
  type Estimate,
  type Measured,
  type MeasuredRun,
  measuredRun,
  type Prompt,
  type Proposal,
  reusedShare,
} from '@skipstone/galaxy-cache/calibration';
import { psnr, ssim } from '@skipstone/report';

export interface ConfirmRequest {
  readonly model: VideoModel;
  readonly options: JsonOptions;
  readonly prompts: readonly Prompt[];
  readonly seeds: readonly number[];
  readonly tap: string;
  readonly proposals: readonly Proposal[];
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** What one real run of one proposal came to, against the uncached run of the same prompt and seed. */
interface Outcome {
  readonly reuse: number;
  readonly speedup: number;
  readonly time: number;
  readonly psnr: number | undefined;
  readonly ssim: number | undefined;
}

/** Real runs of every proposal, and the uncached ones they are held against: by proposal, in their order. */
export async function confirm(request: ConfirmRequest): Promise<readonly Measured[]> {
  const { prompts, seeds, proposals, say } = request;
  const outcomes: Outcome[][] = proposals.map(() => []);
  const all = prompts.flatMap((prompt) => seeds.map((seed) => ({ prompt, seed })));
  for (const [i, at] of all.entries()) {
    say(`real runs, ${i + 1} of ${all.length}: seed ${at.seed}, ${at.prompt.name}`);
    const reference = await measuredRun({ ...request, ...at });
    for (const [p, proposal] of proposals.entries()) {
      const plugins = pluginsOf(request.tap, proposal);
      outcomes[p]?.push(held(await measuredRun({ ...request, ...at, plugins }), reference));
    }
  }
  return outcomes.map(measuredOf);
}

/** What a proposal is run with: the policy as users get it. */
const pluginsOf = (tap: string, { threshold, warmup }: Proposal) => [
  cfgAlign(),
  galaxyCache({ tap, threshold, warmup: { fraction: warmup } }),
];

function held(run: MeasuredRun, reference: MeasuredRun): Outcome {
  const pictures = run.video && reference.video ? ([run.video, reference.video] as const) : undefined;
  return {
    reuse: reusedShare(run.ledger),
    speedup: reference.work / run.work,
    time: reference.ms / run.ms,
    psnr: pictures && Math.min(MOST_DECIBELS, psnr(...pictures)),
    ssim: pictures && ssim(...pictures),
  };
}

/** Equal pictures have no finite ratio; beyond this no eye and no table tells a difference. */
const MOST_DECIBELS = 100;

function measuredOf(outcomes: readonly Outcome[]): Measured {
  const of = (pick: (outcome: Outcome) => number | undefined): Estimate | undefined => {
    const values = outcomes.flatMap((outcome) => pick(outcome) ?? []);
    return values.length === 0 ? undefined : bootstrap(values, average);
  };
  const [reuse, speedup, time] = [of((o) => o.reuse), of((o) => o.speedup), of((o) => o.time)];
  if (!reuse || !speedup || !time) throw new TypeError('no real run was made');
  const [decibels, similarity] = [of((o) => o.psnr), of((o) => o.ssim)];
  return {
    reuse,
    speedup,
    time,
    ...(decibels && { psnr: decibels }),
    ...(similarity && { ssim: similarity }),
  };
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
