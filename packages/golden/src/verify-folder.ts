import { chooseVerifier } from './choose-verifier.js';
import { isMiss } from './compare.js';
import type { CheckedLine, FolderReport } from './folder-report.js';
import type { Golden, Verifier } from './golden.js';
import { openGolden } from './open-golden.js';
import { verifyGolden } from './verify-golden.js';

/** Told while a folder is verified. */
export interface VerifyListener {
  opened?(golden: Golden): void;
  checked?(line: CheckedLine): void;
}

/** Verifies one folder. What goes wrong is part of its report. */
export async function verifyFolder(
  folder: string,
  verifiers: readonly Verifier[],
  rtol: number,
  listener: VerifyListener = {},
): Promise<FolderReport> {
  const checked: CheckedLine[] = [];
  let about: Pick<FolderReport, 'what' | 'kind'> = {};
  try {
    const golden = await openGolden(folder);
    about = { what: golden.what, kind: golden.kind };
    const verifier = chooseVerifier(golden, verifiers);
    listener.opened?.(golden);
    for await (const one of verifyGolden(golden, verifier)) {
      const line = { ...one, ok: !isMiss(one, rtol) };
      checked.push(line);
      listener.checked?.(line);
    }
    return { folder, ...about, checked };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { folder, ...about, checked, error };
  }
}
