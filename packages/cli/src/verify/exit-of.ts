import { SkipstoneError } from '@skipstone/core';
import { EXIT } from '../exit.js';
import { type FolderReport, isVerified, missesOf } from './folder-report.js';

/** The exit code of several folders: a miss counts before a failure, a failure before a wrong folder. */
export function exitOf(reports: readonly FolderReport[]): number {
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
