import { z } from 'zod';

const number = z.number().min(-1e9).max(1e9);

/** What the numbers of a run depend on. Two files of equal settings may be used together. */
export const runSettings = z.strictObject({
  model: z.string().min(1).max(200),
  /** Fingerprints of the checkpoint of each phase. */
  fingerprints: z.array(z.string().min(1).max(200)).min(1).max(16),
  sampler: z.string().min(1).max(100),
  schedule: z.string().min(1).max(100),
  shift: number.positive(),
  steps: z.int().min(2).max(1000),
  /** Guidance scale of each phase; none where the model's own is more than a scale and was used. */
  guidance: z.array(number).max(16),
  /** Pixels, and frames of the video. */
  width: z.int().positive().max(16384),
  height: z.int().positive().max(16384),
  frames: z.int().positive().max(4096),
  precision: z.string().min(1).max(100),
  device: z.string().min(1).max(100),
  /** How the model was opened, in words, where it was not as it is: `fps 16`. */
  opened: z.string().min(1).max(1000).optional(),
  /** What runs were given beside text, in words, where they were: `first frames`. Which, prompts say. */
  given: z.string().min(1).max(100).optional(),
});

export type RunSettings = z.infer<typeof runSettings>;
