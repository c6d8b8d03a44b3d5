/**
 * The ideal speed-up of a run that reuses a share `rate` of its steps, where a reused step still costs the
 * share `cost` of a computed one: 1/(1 − r + r·c).
 */
export const idealSpeedup = (rate: number, cost: number): number => 1 / (1 - rate + rate * cost);

/** The reuse rate that gives an ideal speed-up: its inverse. */
export const rateFor = (speedup: number, cost: number): number => (1 - 1 / speedup) / (1 - cost);
