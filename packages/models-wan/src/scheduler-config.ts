import { checkedJson } from '@skipstone/core';
import { z } from 'zod';

const off = z.literal(false).optional();

/** What a diffusers `scheduler_config.json` must say if it says anything about these. */
const schema = z.object({
  /** UniPC's name of the shift, and flow-match Euler's. */
  flow_shift: z.number().positive().max(100).optional(),
  shift: z.number().positive().max(100).optional(),
  prediction_type: z.literal('flow_prediction').optional(),
  use_dynamic_shifting: off,
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
});

/** The flow shift a pipeline was published with; `undefined` where it says none. */
export function flowShiftOf(json: unknown, origin: string): number | undefined {
  const { flow_shift, shift } = checkedJson(schema, json, {
    code: 'wan-scheduler',
    what: `${origin}: this schedule cannot be run`,
    need: 'flow prediction, with a fixed flow shift above 0 and at most 100',
    do: 'use the scheduler_config.json the model was published with',
  });
  return flow_shift ?? shift;
}
