import type { Given } from '@skipstone/core';
import { floatInput, type Golden, gridOf, pinnedFrames, sample } from '@skipstone/golden';
import type { WanTraits } from '../config.js';
import type { GoldenWan } from './golden-wan.js';

const CONDITION = 'in.condition';

/** What a run is given beside text: clean first frames, where the case has some. */
export async function givenOfRun(golden: Golden): Promise<{
  readonly inputs: readonly string[];
  readonly traits: WanTraits;
  /** Number of clean latent frames. */
  readonly frames: number;
  of(model: GoldenWan): Given;
}> {
  if (!golden.tensors.has(CONDITION)) return { inputs: [], traits: {}, frames: 0, of: () => ({}) };
  const clean = sample(await floatInput(golden, CONDITION, 5), 0);
  return {
    inputs: [CONDITION],
    traits: { firstFrame: true },
    frames: gridOf(clean).frames,
    of: ({ spec }) => pinnedFrames(spec, clean, gridOf(clean).frames),
  };
}
