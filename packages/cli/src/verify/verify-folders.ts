import { SkipstoneError } from '@skipstone/core';
import { reportError } from '../report-error.js';
import { exitOf } from './exit-of.js';
import type { FolderReport } from './folder-report.js';
import { jsonReport } from './json-report.js';
import { footLine, headLine, summary, tensorLines } from './text-report.js';
import { loadVerifiers } from './verifiers.js';
import { type VerifyListener, verifyFolder } from './verify-folder.js';

export interface VerifyRequest {
  readonly folders: readonly string[];
  /** Largest error of a tensor, max|a − b| / max|b|. */
  readonly rtol: number;
  readonly json: boolean;
  /** Modules that bring verifiers of their own. */
  readonly adapters?: readonly string[];
}

/** Verifies folders one after another, one that fails does not stop the next; gives the exit code. */
export async function verifyFolders(
  { folders, rtol, json, adapters = [] }: VerifyRequest,
  write: (text: string) => void,
): Promise<number> {
  const verifiers = await loadVerifiers(adapters);
  const reports: FolderReport[] = [];
  for (const folder of folders) {
    const report = await verifyFolder(folder, verifiers, rtol, json ? {} : listener(write));
    reports.push(report);
    if (json) continue;
    if (report.checked.length > 0) write(footLine(report, rtol));
    if (report.error) reportError(report.error);
  }
  write(json ? jsonReport(reports, rtol) : summary(reports));
  return exitOf(reports);
}

/** The number of `--rtol`. */
export function readTolerance(typed: string): number {
  const rtol = typed.trim() === '' ? Number.NaN : Number(typed);
  if (Number.isFinite(rtol) && rtol > 0) return rtol;
  throw new SkipstoneError({
    code: 'option-value',
    what: '--rtol has a value that does not serve',
    have: `--rtol ${typed === '' ? "''" : typed}`,
    need: 'a number above 0',
    do: 'for example --rtol 1e-4',
  });
}

/** Prints lines as they come. */
function listener(write: (text: string) => void): VerifyListener {
  let line: ReturnType<typeof tensorLines> | undefined;
  return {
    opened: (golden) => {
      line = tensorLines(golden);
      write(headLine(golden));
    },
    checked: (one) => line && write(line(one)),
  };
}
