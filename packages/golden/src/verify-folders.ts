import type { FolderReport } from './folder-report.js';
import type { Verifier } from './golden.js';
import { jsonReport } from './json-report.js';
import { footLine, headLine, summary, tensorLines } from './text-report.js';
import { type VerifyListener, verifyFolder } from './verify-folder.js';

export interface VerifyRequest {
  readonly folders: readonly string[];
  /** Of several that take a folder the first one gets it. */
  readonly verifiers: readonly Verifier[];
  /** Largest error of a tensor, max|a − b| / max|b|. */
  readonly rtol: number;
  /** One JSON text at the end instead of lines as they come. */
  readonly json?: boolean;
  readonly write: (text: string) => void;
  /** Told what went wrong with a folder, after its lines; not where JSON says it. */
  readonly failed?: (error: Error) => void;
}

/** Verifies folders one after another; one that fails does not stop the next. */
export async function verifyFolders(request: VerifyRequest): Promise<readonly FolderReport[]> {
  const { folders, verifiers, rtol, json = false, write, failed } = request;
  const reports: FolderReport[] = [];
  for (const folder of folders) {
    const report = await verifyFolder(folder, verifiers, rtol, json ? {} : listener(write));
    reports.push(report);
    if (json) continue;
    if (report.checked.length > 0) write(footLine(report, rtol));
    if (report.error) failed?.(report.error);
  }
  write(json ? jsonReport(reports, rtol) : summary(reports));
  return reports;
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
