import type { Checked, Numbers } from './golden.js';

/** Holds `got` against `want`. `limit`: 0 for flags and counts, left out where the caller chooses. */
export function compare(
  name: string,
  got: Numbers | undefined,
  want: Numbers | undefined,
  limit?: number,
): Checked {
  const bound = limit === undefined ? {} : { limit };
  const none = (note: string): Checked => {
    const shape = want?.shape ?? got?.shape ?? [];
    return { name, shape, error: Number.POSITIVE_INFINITY, note, ...bound };
  };
  if (!want) return none('not in io.safetensors');
  if (!got) return none('not computed');
  if (got.shape.join() !== want.shape.join()) return none(`ours has the shape [${got.shape.join(', ')}]`);
  const error = relativeError(got.data, want.data);
  const { shape } = want;
  return { name, shape, error, ...(Number.isNaN(error) ? { note: 'not a number' } : {}), ...bound };
}

/** True unless the error is a number within its limit; NaN is never within. */
export function isMiss({ error, limit }: Checked, rtol: number): boolean {
  return !(error <= (limit ?? rtol));
}

/** Names of the tensors that miss. */
export const missed = (checked: readonly Checked[], rtol = 1e-4): readonly string[] =>
  checked.filter((one) => isMiss(one, rtol)).map(({ name }) => name);

/** max|a − b| / max|b|. 0/0 is 0; a difference from nothing but zeros is infinite. */
function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let apart = 0;
  let size = 0;
  for (let i = 0; i < want.length; i++) {
    const [a = Number.NaN, b = Number.NaN] = [got[i], want[i]];
    const difference = Math.abs(a - b);
    if (Number.isNaN(difference)) return Number.NaN;
    apart = Math.max(apart, difference);
    size = Math.max(size, Math.abs(b));
  }
  if (apart === 0) return 0;
  return size === 0 ? Number.POSITIVE_INFINITY : apart / size;
}
