import { nearestName, SkipstoneError } from '../error.js';

/** A branch that is missing, unknown or named twice. */
export function branchFault(
  owner: string,
  branch: string,
  known: readonly string[],
  need: string,
): SkipstoneError {
  const near = nearestName(branch, known);
  return new SkipstoneError({
    code: 'guidance-branch',
    what: `${owner}: the branch '${branch}' does not fit`,
    have: known.length === 0 ? 'no branches' : known.join(', '),
    need,
    do: near === undefined ? 'name at least one branch' : `check the names; the nearest is '${near}'`,
  });
}
