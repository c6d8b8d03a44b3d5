/** Outcomes as they are known. */
export type Measure = (bench: Bench) => AsyncIterable<Outcome>;

/** What rows share. */
export interface Bench {
  /** Rounds of interleaved measuring that count. */
  readonly repeats: number;
  /** Smaller models and fewer rounds, to see that everything works: the numbers mean nothing. */
  readonly quick: boolean;
  /** A folder of this row's own, deleted after it. */
  readonly folder: string;
  /** Says what is being done. */
  say(text: string): void;
}

export interface Outcome {
  /** The row's name is put before it. */
  readonly what: string;
  readonly unit: Unit;
  /** What is to be reached; absent where the number is reported only. */
  readonly reach?: Reach;
  /** Measured values; the median counts. Empty where this machine cannot tell. */
  readonly samples: readonly number[];
  /** True where something beside the number is wrong, which the note says: a miss whatever was measured. */
  readonly failed?: boolean;
  /** What else there is to know: a share, a size, the reason why it was not measured. */
  readonly note?: string;
  /** More numbers behind it, for the JSON. */
  readonly details?: unknown;
}

/** `ratio` and `share` have no unit; `GB` is 10^9 bytes; `dB` is of PSNR. */
export type Unit = 'ratio' | 'share' | 's' | 'ms' | 'GB' | 'dB';

export type Reach = { readonly least: number } | { readonly most: number } | { readonly below: number };

export type Verdict = 'reached' | 'missed' | 'reported' | 'not measured';
