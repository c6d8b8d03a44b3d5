import { temporaryFolder } from '@skipstone/core/testing';
import { chooseVerifier } from './choose-verifier.js';
import { editedGolden, type GoldenEdits } from './edited-golden.js';
import type { Checked, Verifier } from './golden.js';
import { openGolden } from './open-golden.js';
import { verifyGolden } from './verify-golden.js';

/**
 * Every tensor of a golden folder, held against its reference by the verifier that takes the folder; with
 * `edits`, those of a changed copy.
 */
export async function checkGolden(
  folder: string,
  verifiers: readonly Verifier[],
  edits?: GoldenEdits,
): Promise<readonly Checked[]> {
  const path = edits ? await editedGolden(folder, await temporaryFolder('golden'), edits) : folder;
  const golden = await openGolden(path);
  const list: Checked[] = [];
  for await (const one of verifyGolden(golden, chooseVerifier(golden, verifiers))) list.push(one);
  return list;
}
