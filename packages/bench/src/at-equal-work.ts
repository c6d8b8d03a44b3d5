/** What one run cost and gave. */
export interface WorkPoint {
  /** Passes that were not computed. */
  readonly reuses: number;
  /** PSNR against the run that computed everything, dB. */
  readonly psnr: number;
}

/**
 * By how many dB `one` is ahead at as many reuses: against the straight line between the two `others` around it.
 * Undefined where it does not lie between any.
 */
export function aheadAtEqualWork(one: WorkPoint, others: readonly WorkPoint[]): number | undefined {
  const other = between(others, one.reuses);
  return other === undefined ? undefined : one.psnr - other;
}

/** PSNR at a count of reuses, by the nearest points on both sides. */
function between(points: readonly WorkPoint[], reuses: number): number | undefined {
  const below = points.filter((point) => point.reuses <= reuses).sort((a, b) => b.reuses - a.reuses)[0];
  const above = points.filter((point) => point.reuses >= reuses).sort((a, b) => a.reuses - b.reuses)[0];
  if (!below || !above) return undefined;
  const width = above.reuses - below.reuses;
  const share = width === 0 ? 0 : (reuses - below.reuses) / width;
  return below.psnr + share * (above.psnr - below.psnr);
}
