import type { Ledger } from '@skipstone/core';
import type { RunSummary } from '../run/summary.js';
import type { Html } from './html.js';

export interface ReportOptions {
  /** Such as the prompt. May be anything: it is escaped, as is every text here. */
  readonly title: string;
  /** What was asked for, name and value: model, steps, seed, plugins. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly summary: RunSummary;
  readonly ledger: Ledger;
  /** Encoded videos, shown side by side and played together: the run, the reference, their difference. */
  readonly videos?: readonly ReportVideo[];
  /** Milliseconds of each step, inside the runtime; of the run, and of the reference where there was one. */
  readonly stepMs?: readonly number[];
  readonly referenceStepMs?: readonly number[];
  /** Of each pass of the ledger, its share of a full step's work: `computedShare(plan, ledger).passes`. */
  readonly passShares?: readonly number[];
  /** What a trace says of a proxy: its drift and the true one, step by step. */
  readonly proxy?: ProxyTrace;
  /** PNG files of a token map, one a latent frame: `tokenMap` of `tokenSteps(ledger)` makes the pictures. */
  readonly tokenStills?: readonly { readonly name: string; readonly png: Uint8Array }[];
  /** More, at the end of the page, such as what another package has to show. */
  readonly sections?: readonly ReportSection[];
}

export interface ReportSection {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly about: string;
  readonly body: Html;
}

/** A video as it stands in the page. All of a page have one length. */
export interface ReportVideo {
  readonly name: string;
  /** An MP4 file that browsers play, of any size: it is shown enlarged, pixel by pixel. */
  readonly mp4: Uint8Array;
  /** Under the name. */
  readonly note?: string;
}

/** Proxies against what they stand for, read off a trace of uncached runs. */
export interface ProxyTrace {
  /** Whose runs: `this prompt and seed`, `8 runs of a trace`. */
  readonly from: string;
  readonly taps: readonly ProxyTap[];
}

export interface ProxyTap {
  /** Such as `cross_attn_out`. */
  readonly name: string;
  /** Spearman's coefficient, −1 to 1, where it was computed. */
  readonly rho?: number;
  /** Relative changes from one step to the next, 0 or more: the tap's, and the residual's itself. */
  readonly steps: readonly { readonly step: number; readonly proxy: number; readonly oracle: number }[];
}
