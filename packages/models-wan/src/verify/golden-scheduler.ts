import { z } from 'zod';

/**
 * The reference's scheduler_config.json. Fields that change the arithmetic have the one value that our
 * samplers compute; those that do nothing for flow matching may be anything.
 */
const idle = z.unknown().optional();

/** How UniPC was asked to step: `unipc()` does this and nothing else. */
const solving = {
  solver_order: z.literal(2),
  solver_type: z.literal('bh2'),
  prediction_type: z.literal('flow_prediction'),
  predict_x0: z.literal(true),
  lower_order_final: z.literal(true),
  disable_corrector: z.array(z.never()).max(0),
  final_sigmas_type: z.literal('zero'),
} as const;

export const unipcOptions = z.strictObject(solving);

export const unipcScheduler = z.strictObject({
  ...solving,
  _class_name: z.literal('UniPCMultistepScheduler'),
  _diffusers_version: idle,
  flow_shift: z.number().positive(),
  num_train_timesteps: z.literal(1000),
  use_flow_sigmas: z.literal(true),
  use_beta_sigmas: z.literal(false),
  use_exponential_sigmas: z.literal(false),
  use_karras_sigmas: z.literal(false),
  use_dynamic_shifting: z.literal(false),
  thresholding: z.literal(false),
  shift_terminal: z.null(),
  sigma_max: z.null(),
  sigma_min: z.null(),
  solver_p: z.null(),
  beta_start: idle,
  beta_end: idle,
  beta_schedule: idle,
  trained_betas: idle,
  rescale_betas_zero_snr: idle,
  dynamic_thresholding_ratio: idle,
  sample_max_value: idle,
  steps_offset: idle,
  time_shift_type: idle,
  timestep_spacing: idle,
});

export const eulerScheduler = z.strictObject({
  _class_name: z.literal('FlowMatchEulerDiscreteScheduler'),
  _diffusers_version: idle,
  shift: z.number().positive(),
  num_train_timesteps: z.literal(1000),
  shift_terminal: z.null(),
  invert_sigmas: z.literal(false),
  stochastic_sampling: z.literal(false),
  use_beta_sigmas: z.literal(false),
  use_exponential_sigmas: z.literal(false),
  use_karras_sigmas: z.literal(false),
  use_dynamic_shifting: z.literal(false),
  base_image_seq_len: idle,
  base_shift: idle,
  max_image_seq_len: idle,
  max_shift: idle,
  time_shift_type: idle,
});
