import { SkipstoneError } from '@skipstone/core';
import { type FolderReport, isVerified, missesOf, verifyFolders } from '@skipstone/golden';
import { EXIT } from '../exit.js';
import { reportError } from '../report-error.js';
import { loadVerifiers } from './verifiers.js';

/** What was typed after the folders. */
export interface VerifyFlags {
  readonly rtol: string;
  readonly json?: boolean;
  /** Modules that bring verifiers of their own. */
  readonly adapter?: readonly string[];
}

/** `skipstone verify`: gives the exit code. */
export async function verify(
  folders: readonly string[],
  { rtol, json = false, adapter = [] }: VerifyFlags,
): Promise<number> {
  const reports = await verifyFolders({
    ...{ folders, json, rtol: readTolerance(rtol), verifiers: await loadVerifiers(adapter) },
    write: (text) => process.stdout.write(text),
    failed: reportError,
  });
  return exitOf(reports);
}

/** The exit code of several folders: a miss counts before a failure, a failure before a wrong folder. */
function exitOf(reports: readonly FolderReport[]): number {
  if (reports.every(isVerified)) return EXIT.ok;
  if (reports.some((report) => missesOf(report).length > 0)) return EXIT.miss;
  return reports.some(({ error }) => !error || !isAboutFolder(error)) ? EXIT.failure : EXIT.usage;
}

/**
 * True for errors that lie in what was asked for: the folder is none, or holds what nobody here verifies.
 * `-config` is the end that adapters give the code of their config check.
 */
function isAboutFolder(error: Error): boolean {
  return error instanceof SkipstoneError && /^(golden|verify)-|-config$/.test(error.code);
}

/** The number of `--rtol`. */
function readTolerance(typed: string): number {
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
