import { type PlanSettings, selfTest } from '@skipstone/core';

/** Golden models are tiny: one thread is fastest, and gives the same bytes everywhere. */
export const GOLDEN_THREADS = 1;

export async function goldenSettings(): Promise<PlanSettings> {
  const { operators } = await selfTest('cpu', 'float32');
  return {
    device: 'cpu',
    compute: 'float32',
    weights: 'packed',
    decompose: operators,
    flopsPerSecond: 1e11,
  };
}
