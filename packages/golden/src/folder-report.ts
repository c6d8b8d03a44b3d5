import type { SkipstoneError } from '@skipstone/core';
import type { Checked } from './golden.js';

/** One folder's outcome. */
export interface FolderReport {
  readonly folder: string;
  /** The case in a sentence; absent where the folder could not be opened. */
  readonly what?: string;
  readonly kind?: string;
  readonly checked: readonly CheckedLine[];
  readonly error?: SkipstoneError | Error;
}

export interface CheckedLine extends Checked {
  readonly ok: boolean;
}

/** The tensor with the largest error, those without one (missing, NaN) before all. */
export function worstOf(checked: readonly CheckedLine[]): CheckedLine | undefined {
  const size = ({ error }: Checked): number => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  return checked.reduce<CheckedLine | undefined>(
    (worst, one) => (worst && size(worst) >= size(one) ? worst : one),
    undefined,
  );
}

export const missesOf = ({ checked }: FolderReport): readonly CheckedLine[] =>
  checked.filter(({ ok }) => !ok);

/** True if every declared tensor was checked and is within its tolerance. */
export const isVerified = (report: FolderReport): boolean =>
  report.error === undefined && report.checked.length > 0 && missesOf(report).length === 0;
