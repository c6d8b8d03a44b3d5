import {
  cfg,
  denoise,
  euler,
  type Given,
  makePlan,
  type Sampler,
  type Schedule,
  scheduleNamed,
  unipc,
} from '@skipstone/core';
import {
  type Checked,
  compare,
  type Floats,
  floatInput,
  floatsOf,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  gridOf,
  type Numbers,
  parseFields,
  pinnedFrames,
  recordPredictions,
  sample,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { karrasFlow } from '../usual.js';
import {
  assertNoPadding,
  cleanFrames,
  type GoldenCosmos,
  isCosmosCase,
  openGoldenCosmos,
} from './golden-cosmos.js';

const INPUTS = [
  ...['in.noise', 'in.latents', 'in.conditioning_latents', 'in.padding_mask'],
  ...['in.prompt_embeds', 'in.negative_prompt_embeds'],
] as const;

/** What of a run of 2 is read here, in the words of the cases. */
const schema = z.strictObject({
  steps: z.int().min(1).max(1000),
  solver: z.literal('euler'),
  update: z.literal('x += (sigma[i+1] - sigma[i]) (x - guided x0) / sigma[i]'),
  call: z.strictObject({ fps: z.number().positive().nullable() }),
  grid: z.literal(
    'sigma[i] = (80^(1/7) + i/(steps - 1) (0.002^(1/7) - 80^(1/7)))^7 for i < steps, ' +
      'then sigma[steps - 1] once more instead of 0. float64, stored as float32',
  ),
  timesteps: z.literal(
    'float, t = sigma[i] / (sigma[i] + 1), one per latent frame, shaped [1, 1, T, 1, 1]; ' +
      'conditioned frames: t of sigma 1e-4',
  ),
  preconditioning: z.string(),
  guidance: z.number(),
  guidance_form: z.literal(
    'x0 = x0_cond + guidance (x0_cond - x0_uncond), so 1 + guidance in the usual form',
  ),
  scheduler: z.object({
    _class_name: z.literal('FlowMatchEulerDiscreteScheduler'),
    final_sigmas_type: z.literal('sigma_min'),
    sigma_data: z.literal(1),
    sigma_max: z.literal(80),
    sigma_min: z.literal(0.002),
    stochastic_sampling: z.literal(false),
    use_karras_sigmas: z.literal(true),
  }),
});

/** The same of 2.5. What its scheduler does not do may have any number. */
const laterSchema = z.strictObject({
  steps: schema.shape.steps,
  solver: z.literal('unipc'),
  solver_options: z.strictObject({
    solver_order: z.literal(2),
    solver_type: z.literal('bh2'),
    prediction_type: z.literal('flow_prediction'),
    predict_x0: z.literal(true),
    lower_order_final: z.literal(true),
    disable_corrector: z.array(z.never()).max(0),
    final_sigmas_type: z.literal('zero'),
  }),
  call: z.strictObject({ fps: z.null() }),
  grid: z.literal(
    'k[i] = (200^(1/7) + i/(steps - 1) (0.01^(1/7) - 200^(1/7)))^7, sigma = k / (k + 1), then 0. ' +
      'float64, stored as float32',
  ),
  timesteps: z.literal(
    'float, sigma[i] itself, one per latent frame, shaped [1, 1, T, 1, 1]; conditioned frames 1e-4 ' +
      "(schedule.timesteps are the solver's, integer, truncated 1000 sigma)",
  ),
  preconditioning: z.string(),
  guidance: z.number(),
  guidance_form: z.literal('v = v_cond + guidance (v_cond - v_uncond), so 1 + guidance in the usual form'),
  scheduler: z.object({
    _class_name: z.literal('UniPCMultistepScheduler'),
    flow_shift: z.literal(1),
    sigma_max: z.literal(200),
    sigma_min: z.literal(0.01),
    use_flow_sigmas: z.literal(true),
    use_karras_sigmas: z.literal(true),
  }),
});

/** A whole denoising run that goes on from clean frames. */
export const runVerifier: Verifier = {
  name: 'Cosmos-Predict2 and 2.5 video to world, run',
  kind: 'run',
  accepts: isCosmosCase,
  verify: (golden) => (golden.config.use_crossattn_projection ? verifyLater(golden) : verifyRun(golden)),
};

const LATER_INPUTS = INPUTS.filter((name) => name !== 'in.noise');

const PARTS = ['input', 'timestep', 'cond', 'uncond', 'x0'] as const;

async function* verifyRun(golden: Golden): AsyncGenerator<Checked> {
  const { steps, guidance, call } = parseFields(golden, schema);
  const model = await openGoldenCosmos(golden, INPUTS, call.fps === null ? {} : { fps: call.fps });
  await assertNoPadding(golden);
  const inputs = await runInputs(golden, model, 'in.noise');
  const schedule = scheduleNamed('karras', { steps });
  const { sigmas } = schedule;
  const levels = sigmas.map((sigma) => sigma / (1 - sigma));
  yield compare('schedule.sigmas', list(levels), await golden.reference('schedule.sigmas'));
  const run = await recordedRun(model, inputs, { schedule, guidance, sampler: euler() });
  // The last step moves nothing, so the run leaves it out; the reference evaluates it. With another end so do we.
  const evaluated = { ...schedule, sigmas: [...sigmas.slice(0, steps), 0] };
  const more = await recordedRun(model, inputs, { schedule: evaluated, guidance, sampler: euler() });
  for (let step = 0; step < steps; step++) {
    for (const part of PARTS) {
      const name = `step.${step}.${part}`;
      const values = step === steps - 1 ? more : run;
      yield compare(name, values.get(name), await golden.reference(name));
    }
    const name = `step.${step}.latents`;
    yield compare(name, run.get(name), await golden.reference(name));
  }
  yield compare('out.latents', run.get('out.latents'), await golden.reference('out.latents'));
}

/**
 * Deviation: the reference leads clean frames to the first level's mixture of them and the noise, ours to what they
 * are; the model reads them clean in both, so everything but those frames of velocities and states is compared.
 */
async function* verifyLater(golden: Golden): AsyncGenerator<Checked> {
  const { steps, guidance } = parseFields(golden, laterSchema);
  const model = await openGoldenCosmos(golden, LATER_INPUTS);
  await assertNoPadding(golden);
  const inputs = await runInputs(golden, model, 'in.latents');
  const frames = await cleanFrames(golden);
  const schedule = karrasFlow({ steps });
  yield compare('schedule.sigmas', list(schedule.sigmas), await golden.reference('schedule.sigmas'));
  const run = await recordedRun(model, inputs, { schedule, guidance, sampler: unipc() });
  const check = async (name: string, moved: boolean): Promise<Checked> => {
    const [ours, reference] = [run.get(name), await golden.reference(name)];
    return compare(
      name,
      moved ? framesAfter(ours, frames) : ours,
      moved ? framesAfter(reference, frames) : reference,
    );
  };
  for (let step = 0; step < steps; step++) {
    for (const part of ['input', 'timestep']) yield check(`step.${step}.${part}`, false);
    for (const part of ['cond', 'uncond', 'velocity', 'latents']) yield check(`step.${step}.${part}`, true);
  }
  yield check('out.latents', true);
  // The solver's own, which the model never receives.
  const solver = schedule.timesteps.map((sigma) => Math.trunc(1000 * sigma));
  yield compare('schedule.timesteps', list(solver), await golden.reference('schedule.timesteps'));
}

/** Values `[1, C, T, Y, X]` without the first frames. */
function framesAfter(value: Numbers | undefined, from: number): Numbers | undefined {
  if (value === undefined) return undefined;
  const [, channels = 0, frames = 0, rows = 0, columns = 0] = value.shape;
  const area = rows * columns;
  const data = Array.from({ length: channels }, (_, c) =>
    Array.from(value.data).slice((c * frames + from) * area, (c + 1) * frames * area),
  ).flat();
  return { shape: [1, channels, frames - from, rows, columns], data };
}

interface RunInputs {
  readonly noise: Floats;
  readonly cond: Floats;
  readonly uncond: Floats;
  readonly given: Given;
}

async function runInputs(golden: Golden, { spec }: GoldenCosmos, start: string): Promise<RunInputs> {
  const clean = sample(await floatInput(golden, 'in.conditioning_latents', 5), 0);
  const frames = await cleanFrames(golden);
  return {
    noise: sample(await floatInput(golden, start, 5), 0),
    cond: sample(await floatInput(golden, 'in.prompt_embeds', 3), 0),
    uncond: sample(await floatInput(golden, 'in.negative_prompt_embeds', 3), 0),
    given: pinnedFrames(spec, clean, frames),
  };
}

interface Stepping {
  readonly schedule: Schedule;
  readonly guidance: number;
  readonly sampler: Sampler;
}

/** Denoises; by golden name, latents as the reference keeps them: for 2 x = x0 + k·noise, the state over 1 − σ. */
async function recordedRun(
  { spec, weights }: GoldenCosmos,
  { noise, cond, uncond, given }: RunInputs,
  { schedule, guidance: scale, sampler }: Stepping,
): Promise<ReadonlyMap<string, Numbers>> {
  const grid = gridOf(noise);
  const values = new Map<string, Numbers>();
  const put = (name: string, { shape, data }: Numbers, by = 1): void => {
    const rows = { type: 'float32' as const, shape, data: Float32Array.from(data, (x) => x * by) };
    const whole = floatsOf(spec.unpatchify({ video: rows }, grid).video);
    values.set(name, { shape: [1, ...whole.shape], data: whole.data });
  };
  const record = recordPredictions({
    names: [...PARTS, 'velocity'],
    timesteps: schedule.timesteps,
    keep: (step, name, rows) => {
      if (name !== 'timestep') return put(`step.${step}.${name}`, rows);
      const data = Array.from(
        { length: grid.frames },
        (_, t) => rows.data[(t * rows.data.length) / grid.frames] ?? 0,
      );
      values.set(`step.${step}.${name}`, { shape: [1, 1, grid.frames, 1, 1], data });
    },
  });
  const { timesteps, sigmas, startScale = 1, endScale } = schedule;
  const plan = makePlan({
    phases: [
      {
        ...{ name: 'run', spec, weights, from: 0, to: timesteps.length, given },
        guidance: cfg({ scale, form: 'cond' }),
      },
    ],
    grid,
    lengths: { S: cond.shape[0] ?? 0 },
    schedule,
    sampler,
    plugins: [record],
    settings: await goldenSettings(),
  });
  const scaled = { ...noise, data: noise.data.map((x) => x * startScale) };
  const kept = (step: number): number => (endScale === undefined ? 1 : 1 / (1 - (sigmas[step + 1] ?? 0)));
  const { latents } = await denoise({
    plan,
    latents: spec.patchify({ video: scaled }, grid),
    conditions: { cond: { text: cond }, uncond: { text: uncond } },
    threads: GOLDEN_THREADS,
    previews: true,
    tell: (event) => {
      if (event.type !== 'preview') return;
      put(`step.${event.step}.latents`, floatsOf(event.latents.video), kept(event.step));
    },
  });
  put('out.latents', floatsOf(latents.video), kept(timesteps.length - 1));
  return values;
}

const list = (data: readonly number[]): Numbers => ({ shape: [data.length], data });
