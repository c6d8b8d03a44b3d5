import { compare } from './compare.js';
import type { Checked, Golden } from './golden.js';
import type { GoldenSchedule } from './golden-schedule.js';

/** Holds computed noise levels and timesteps against those of a case; timesteps where it has them. */
export async function* checkSchedule(
  golden: Golden,
  { schedule, wholeTimesteps }: GoldenSchedule,
): AsyncGenerator<Checked> {
  const { sigmas, timesteps } = schedule;
  const ours = (data: readonly number[]) => ({ shape: [data.length], data });
  yield compare('schedule.sigmas', ours(sigmas), await golden.reference('schedule.sigmas'));
  if (!golden.tensors.has('schedule.timesteps')) return;
  const want = await golden.reference('schedule.timesteps');
  yield compare('schedule.timesteps', ours(timesteps), want, wholeTimesteps ? 0 : undefined);
}
