import type { Ledger, Streams } from '@skipstone/core';
import { reuses } from './decision-rows.js';

/** How near a run came to one without plugins. */
export interface Nearness {
  readonly psnr?: number;
  readonly ssim?: number;
  /** Of latents, where no video was decoded: dB by stream. */
  readonly latentSnr?: Streams<number>;
}

export interface SummaryInput extends Nearness {
  readonly ledger: Ledger;
  /** Share of the work of a run without plugins that was computed, 0 to 1: `computedShare(plan, ledger).whole`. */
  readonly workShare?: number;
  /** Milliseconds of each step, inside the runtime. */
  readonly stepMs?: readonly number[];
  /** The same of a run without plugins, where there was one. */
  readonly referenceStepMs?: readonly number[];
}

/** What a run saved, and what it cost. */
export interface RunSummary extends Nearness {
  readonly steps: number;
  /** Steps by branch; a step is reused where a decision named `reuse` or `skip` was true. */
  readonly branches: readonly BranchSteps[];
  /** By counting operations. */
  readonly expectedSpeedup?: number;
  readonly measuredSpeedup?: number;
  /**
   * What was measured against: the run without plugins, or, without one, as many steps as there were at the
   * median time of those that computed everything.
   */
  readonly measuredAgainst?: 'reference' | 'computed steps';
}

export interface BranchSteps {
  readonly branch: string;
  readonly ran: number;
  readonly reused: number;
}

export function summarise(input: SummaryInput): RunSummary {
  const { ledger, workShare, psnr, ssim, latentSnr } = input;
  return {
    steps: ledger.steps,
    branches: branchSteps(ledger),
    ...(workShare === undefined || workShare === 0 ? {} : { expectedSpeedup: 1 / workShare }),
    ...measured(input),
    ...(psnr === undefined ? {} : { psnr }),
    ...(ssim === undefined ? {} : { ssim }),
    ...(latentSnr === undefined ? {} : { latentSnr }),
  };
}

/**
 * The summary as a line: `reused cond 9 of 24, uncond 9 of 24 steps · 1.58x expected · 1.53x measured · …`.
 * `undefined` where no decision was taken: a run without plugins has nothing to tell.
 */
export function summaryLine(summary: RunSummary, ledger: Ledger): string | undefined {
  if (ledger.decisions.length === 0) return undefined;
  const { branches, steps, expectedSpeedup, measuredSpeedup, measuredAgainst, psnr, ssim, latentSnr } =
    summary;
  const counts = branches.map(({ branch, reused }) => `${branch} ${reused} of ${steps}`);
  return [
    ledger.decisions.some(({ key }) => reuses(key)) && `reused ${counts.join(', ')} steps`,
    expectedSpeedup !== undefined && `${expectedSpeedup.toFixed(2)}x expected`,
    measuredSpeedup !== undefined &&
      `${measuredSpeedup.toFixed(2)}x measured${measuredAgainst === 'reference' ? ' against the reference' : ''}`,
    psnr !== undefined && `PSNR ${decibels(psnr)}`,
    ssim !== undefined && `SSIM ${ssim.toFixed(4)}`,
    ...Object.entries(latentSnr ?? {}).map(([stream, snr]) => `${stream} latents ${decibels(snr)}`),
  ]
    .filter((part) => part !== false)
    .join(' · ');
}

export const decibels = (psnr: number): string =>
  Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'infinite, equal';

function branchSteps({ passes, decisions }: Ledger): readonly BranchSteps[] {
  const reused = decisions.filter(({ key, value }) => value === true && reuses(key));
  return [...new Set(passes.map(({ branch }) => branch))].map((branch) => {
    const steps = reused.filter((one) => (one.branch ?? branch) === branch).map(({ step }) => step);
    const ran = passes.filter((pass) => pass.branch === branch).length;
    return { branch, ran, reused: new Set(steps).size };
  });
}

function measured({ ledger, stepMs, referenceStepMs }: SummaryInput): Partial<RunSummary> {
  if (!stepMs || stepMs.length !== ledger.steps) return {};
  if (referenceStepMs) {
    return { measuredSpeedup: sum(referenceStepMs) / sum(stepMs), measuredAgainst: 'reference' };
  }
  const computed = fullSteps(ledger).map((step) => stepMs[step] ?? Number.NaN);
  if (computed.length === 0) return {};
  return {
    measuredSpeedup: (ledger.steps * middle(computed)) / sum(stepMs),
    measuredAgainst: 'computed steps',
  };
}

/** Steps at which as much ran as ever: the most branches, spans and rows, and no gate closed. */
function fullSteps(ledger: Ledger): readonly number[] {
  const sizes = Array.from({ length: ledger.steps }, (_, step) => {
    const passes = ledger.passes.filter((pass) => pass.step === step);
    const rows = passes.reduce((all, pass) => all + sum(Object.values(pass.rows)), 0);
    const spans = passes.flatMap((pass) => pass.spans.filter((span) => !/\/run\.\d+$/.test(span))).length;
    const closed = sum(passes.map((pass) => pass.closed.length));
    return { step, amount: [rows, spans, -closed] };
  });
  const most = [0, 1, 2].map((i) => Math.max(...sizes.map(({ amount }) => amount[i] ?? 0)));
  return sizes.filter(({ amount }) => amount.every((value, i) => value === most[i])).map(({ step }) => step);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2;
}
