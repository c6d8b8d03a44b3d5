import { karrasLevels, type Schedule } from '@skipstone/core';
import { z } from 'zod';

/** DPM-Solver of a model that was trained on betas: no model here is, but its grid is part of the reference's cases. */
const ofBetas = z.looseObject({
  _class_name: z.literal('DPMSolverMultistepScheduler'),
  beta_start: z.number(),
  beta_end: z.number(),
  beta_schedule: z.literal('linear'),
  num_train_timesteps: z.int().min(2).max(10_000),
  final_sigmas_type: z.literal('zero'),
  use_flow_sigmas: z.literal(false),
  use_karras_sigmas: z.literal(true),
});

export const isOfBetas = (scheduler: object): boolean => ofBetas.safeParse(scheduler).success;

/**
 * Karras levels between the noise levels k = √((1 − ᾱ)/ᾱ) of the training betas; timesteps are where ln k lies among
 * theirs, rounded. Source: DPMSolverMultistepScheduler of diffusers.
 */
export function betaSchedule(scheduler: object, steps: number): Pick<Schedule, 'sigmas' | 'timesteps'> {
  const { beta_start: first, beta_end: last, num_train_timesteps: count } = ofBetas.parse(scheduler);
  let product = 1;
  const trained = Array.from({ length: count }, (_, i) => {
    product *= 1 - (first + (i * (last - first)) / (count - 1));
    return Math.sqrt((1 - product) / product);
  });
  const levels = karrasLevels(steps, { most: trained.at(-1) ?? 0, least: trained[0] ?? 0, rho: 7 });
  const timesteps = levels.map((k) => {
    const above = trained.findIndex((level) => level > k);
    const low = Math.max(0, (above === -1 ? count - 1 : above) - 1);
    const [a, b] = [Math.log(trained[low] ?? 1), Math.log(trained[low + 1] ?? 1)];
    return Math.round(low + Math.min(1, Math.max(0, (Math.log(k) - a) / (b - a))));
  });
  return { sigmas: [...levels, 0], timesteps };
}
