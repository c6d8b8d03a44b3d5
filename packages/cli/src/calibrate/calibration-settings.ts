import { SkipstoneError } from '@skipstone/core';
import { readNumber } from '../options/read-value.js';
import type { TypedTrace } from '../trace/trace-settings.js';
import { type PromptSource, promptSource, readSeeds, required } from '../trace/trace-settings.js';

/** What was typed after `skipstone calibrate`. */
export type TypedCalibration = TypedTrace & {
  readonly speedups?: string;
  readonly tap?: string;
  readonly warmup?: string;
  readonly warmups?: string;
  readonly confirm?: boolean;
  readonly page?: string;
};

export interface CalibrationSettings {
  readonly out: string;
  readonly page: string | undefined;
  readonly speedups: readonly number[];
  readonly tap: string | undefined;
  readonly warmup: number;
  readonly warmups: readonly number[];
  /** Prompts of the real runs, or of the short one that counts costs. */
  readonly source: PromptSource;
  /** False: no real runs. */
  readonly confirm: boolean;
  readonly seeds: readonly number[];
}

const SPEEDUP = { kind: 'number', above: 1, most: 1000 } as const;
const SHARE = { kind: 'number', least: 0, most: 0.9 } as const;

/** Checks what was typed, each value by itself. */
export function calibrationSettings(typed: TypedCalibration): CalibrationSettings {
  const { speedups = '1.5,2,3', warmup = '0.2', warmups = '0.1,0.15,0.2,0.25', seeds = '0' } = typed;
  const none = typed.prompts === undefined && typed.examples === undefined && typed.embeds === undefined;
  const confirm = typed.confirm !== false;
  const prompts = none ? { ...typed, examples: confirm ? '8' : '1' } : typed;
  return {
    out: required(typed.out, '--out', 'calibrate'),
    page: typed.page,
    speedups: ascending('--speedups', speedups, SPEEDUP),
    tap: typed.tap,
    warmup: readNumber('--warmup', warmup, SHARE),
    warmups: ascending('--warmups', warmups, SHARE),
    source: promptSource(prompts, 'calibrate'),
    confirm,
    seeds: readSeeds(seeds),
  };
}

function ascending(option: string, text: string, kind: Parameters<typeof readNumber>[2]): readonly number[] {
  const values = text.split(',').map((part) => readNumber(option, part, kind));
  if (values.every((value, i) => i === 0 || value > (values[i - 1] ?? value))) return values;
  throw new SkipstoneError({
    code: 'option-value',
    what: `${option} has a value that does not serve`,
    have: `${option} ${text}`,
    need: 'numbers that ascend, with commas between',
    do: `for example ${option} ${[...values].sort((a, b) => a - b).join(',')}`,
  });
}
