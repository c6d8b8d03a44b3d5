import { SkipstoneError } from '@skipstone/core';
import { type FolderReport, isVerified } from './folder-report.js';

/** All reports as one JSON text. An error that is no number is null, with its note beside it. */
export function jsonReport(reports: readonly FolderReport[], rtol: number): string {
  const folders = reports.map((report) => {
    const { folder, kind, what, checked, error } = report;
    const tensors = checked.map(({ error: of, ...rest }) => ({
      ...rest,
      error: Number.isFinite(of) ? of : null,
    }));
    const ok = isVerified(report);
    return { folder, kind, what, ok, tensors, ...(error ? { error: linesOf(error) } : {}) };
  });
  return `${JSON.stringify({ rtol, ok: reports.every(isVerified), folders }, null, 2)}\n`;
}

function linesOf(error: Error): object {
  if (!(error instanceof SkipstoneError)) return { code: 'unforeseen', what: error.message };
  const { code, what, have, need, do: remedy } = error.lines;
  return { code, what, have, need, do: remedy };
}
