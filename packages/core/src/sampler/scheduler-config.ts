import { z } from 'zod';
import { checkedJson } from '../adapter/checked-json.js';
import { SkipstoneError } from '../error.js';
import { type FlowGridOptions, flowGrid } from '../schedule/flow-grid.js';
import type { Sampler } from '../spec/sampler.js';
import type { Schedule } from '../spec/schedule.js';
import { dpmpp } from './dpmpp.js';
import { euler } from './euler.js';
import { unipc } from './unipc.js';

/** What diffusers' `set_timesteps` is called with: a number of steps, or levels before the shift. */
export interface SchedulerCall extends Pick<FlowGridOptions, 'steps' | 'levels'> {
  /** Where the configuration shifts dynamically: by how much. */
  readonly mu?: number;
}

/** A scheduler of diffusers as its configuration describes it. */
export interface Scheduler {
  readonly solver: FlowGridOptions['solver'];
  sampler(): Sampler;
  /** Flow shift where it is fixed; `undefined` where every call brings its μ. */
  readonly shift: number | undefined;
  /** The grid of a run. Errors `schedule-option`, and `scheduler-shift` where μ is missing or not wanted. */
  grid(call: SchedulerCall): Schedule;
}

/** Fields that do nothing for flow matching. */
const idle = z.unknown().optional();
const flag = z.boolean().default(false);
const off = z.literal(false).optional();
const level = z.number().positive().nullish();

const common = {
  _diffusers_version: idle,
  num_train_timesteps: z.literal(1000).optional(),
  shift_terminal: z.number().gt(0).lt(1).nullish(),
  time_shift_type: z.enum(['exponential', 'linear']).default('exponential'),
  use_beta_sigmas: flag,
  use_dynamic_shifting: flag,
  use_exponential_sigmas: flag,
  use_karras_sigmas: flag,
};

const multistepFields = {
  ...common,
  ...{ beta_start: idle, beta_end: idle, beta_schedule: idle, trained_betas: idle, sample_max_value: idle },
  ...{
    rescale_betas_zero_snr: idle,
    dynamic_thresholding_ratio: idle,
    steps_offset: idle,
    timestep_spacing: idle,
  },
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  flow_shift: z.number().positive().max(100).default(1),
  prediction_type: z.literal('flow_prediction'),
  solver_order: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(2),
  thresholding: off,
  use_flow_sigmas: z.literal(true),
  lower_order_final: z.literal(true).optional(),
};

const schema = z.discriminatedUnion('_class_name', [
  z.strictObject({
    ...common,
    _class_name: z.literal('FlowMatchEulerDiscreteScheduler'),
    ...{ base_image_seq_len: idle, base_shift: idle, max_image_seq_len: idle, max_shift: idle },
    shift: z.number().positive().max(100).default(1),
    invert_sigmas: flag,
    stochastic_sampling: off,
  }),
  z.strictObject({
    ...multistepFields,
    _class_name: z.literal('UniPCMultistepScheduler'),
    disable_corrector: z.array(z.int().min(0)).default([]),
    predict_x0: z.literal(true).optional(),
    sigma_max: level,
    sigma_min: level,
    solver_p: z.null().optional(),
    solver_type: z.enum(['bh1', 'bh2']).default('bh2'),
  }),
  z.strictObject({
    ...multistepFields,
    _class_name: z.literal('DPMSolverMultistepScheduler'),
    ...{ lambda_min_clipped: idle, variance_type: z.null().optional(), use_lu_lambdas: off },
    algorithm_type: z.literal('dpmsolver++').optional(),
    euler_at_final: flag,
    solver_type: z.enum(['midpoint', 'heun']).default('midpoint'),
  }),
]);

type Config = z.infer<typeof schema>;

/**
 * Reads diffusers' `scheduler_config.json`. Error `scheduler-config` for whatever would step otherwise than a scheduler
 * here: another class, another prediction, a grid that is not of flow matching.
 */
export function readScheduler(json: unknown, origin: string): Scheduler {
  const config = checkedJson(schema, json, {
    code: 'scheduler-config',
    what: `${origin}: this scheduler cannot be run`,
    need: 'FlowMatchEuler, UniPC or DPM-Solver++ for flow prediction, with fields that are known',
    do: 'use the scheduler_config.json that the model was published with',
  });
  const shift = 'shift' in config ? config.shift : config.flow_shift;
  const fixed = config.use_dynamic_shifting ? undefined : shift;
  const made = solving(config);
  const grid = ({ mu, ...call }: SchedulerCall): Schedule => {
    if ((mu === undefined) !== (fixed !== undefined)) throw wrongShift(origin, fixed, mu);
    const by = fixed ?? { mu: mu ?? 0, form: config.time_shift_type };
    return flowGrid(config._class_name, { solver: made.solver, ...gridFields(config), ...call, shift: by });
  };
  return { ...made, shift: fixed, grid };
}

function solving(config: Config): Pick<Scheduler, 'solver' | 'sampler'> {
  if (config._class_name === 'FlowMatchEulerDiscreteScheduler') return { solver: 'euler', sampler: euler };
  const order = config.solver_order;
  if (config._class_name === 'UniPCMultistepScheduler') {
    const { solver_type: form, disable_corrector: uncorrected } = config;
    return { solver: 'unipc', sampler: () => unipc({ order, form, uncorrected }) };
  }
  const { solver_type: form, euler_at_final: eulerAtEnd } = config;
  return { solver: 'dpmpp', sampler: () => dpmpp({ order, form, eulerAtEnd }) };
}

function gridFields(config: Config): Partial<FlowGridOptions> {
  const spacing = (['karras', 'exponential', 'beta'] as const).find((how) => config[`use_${how}_sigmas`]);
  const [most, least] = 'sigma_max' in config ? [config.sigma_max, config.sigma_min] : [];
  const { shift_terminal: terminal } = config;
  return {
    ...(terminal == null ? {} : { terminal }),
    ...(most != null && least != null && spacing === 'karras'
      ? { edm: { most, least } }
      : spacing && { spacing }),
    ...('final_sigmas_type' in config &&
      config.final_sigmas_type === 'sigma_min' && { end: 'least' as const }),
    ...('invert_sigmas' in config && config.invert_sigmas && { inverted: true }),
  };
}

function wrongShift(origin: string, fixed: number | undefined, mu: number | undefined): SkipstoneError {
  return new SkipstoneError({
    code: 'scheduler-shift',
    what: `${origin}: ${fixed === undefined ? 'this scheduler shifts by μ' : 'this scheduler has a fixed shift'}`,
    have: mu === undefined ? 'no μ' : `μ ${mu}`,
    need: fixed === undefined ? 'μ, which the model finds from its number of tokens' : `shift ${fixed} alone`,
    do: fixed === undefined ? 'pass { mu }' : 'leave mu out',
  });
}
