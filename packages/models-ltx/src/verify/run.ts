import { denoise, euler, makePlan, type Schedule } from '@skipstone/core';
import {
  type Checked,
  checkSchedule,
  compare,
  type Floats,
  floatsOf,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  type Numbers,
  parseFields,
  recordPredictions,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { type Both, both, STREAMS } from '../block.js';
import { ltxGuidance } from '../guidance.js';
import { ltxFlow } from '../schedule.js';
import { callFields, type GoldenLtx, gridOfCall, isLtxCase, openGoldenLtx, rowsInput } from './golden-ltx.js';

const INPUTS = [
  ...['in.latents.video', 'in.latents.audio'],
  ...['in.encoder_hidden_states', 'in.audio_encoder_hidden_states'],
  ...['in.negative_encoder_hidden_states', 'in.negative_audio_encoder_hidden_states'],
] as const;

const scales = z.strictObject({
  cfg: z.number(),
  stg: z.number(),
  modality: z.number(),
  rescale: z.number(),
});

/** What of a run is read here, in the words of the cases. */
const schema = z.strictObject({
  steps: z.int().min(2).max(1000),
  solver: z.literal('euler'),
  update: z.literal('x += (sigma[i+1] - sigma[i]) v'),
  mu: z.number(),
  timesteps: z.literal('float, 1000 sigma[i], as timestep and as sigma, of both streams'),
  grid: z.literal(
    's = linspace(1, 1/steps, steps); mu = 0.95 + (tokens - 1024) (2.05 - 0.95) / 3072 for tokens video ' +
      'tokens; sigma = e^mu / (e^mu + 1/s - 1); stretched to end at 0.1: ' +
      'sigma = 1 - 0.9 (1 - sigma) / (1 - sigma[last]); then 0. float32; the same for audio',
  ),
  guidance: z.strictObject({ video: scales, audio: scales }),
  guidance_form: z.literal(
    'per stream, on x0 = x - sigma[i] v of every branch: x0 = cond + (cfg - 1) (cond - uncond) + ' +
      'stg (cond - perturbed) + (modality - 1) (cond - isolated); then x0 *= rescale std(cond) / std(x0) + ' +
      '1 - rescale, unbiased std over all tokens and channels; v = (x - x0) / sigma[i]',
  ),
  branches: z.strictObject({
    cond: z.strictObject({}),
    uncond: z.literal('negative embeddings'),
    perturbed: z.strictObject({ spatio_temporal_guidance_blocks: z.array(z.int().min(0)).min(1) }),
    isolated: z.strictObject({ isolate_modalities: z.literal(true) }),
  }),
  call: z.strictObject(callFields),
  scheduler: z.object({
    _class_name: z.literal('FlowMatchEulerDiscreteScheduler'),
    base_image_seq_len: z.literal(1024),
    base_shift: z.literal(0.95),
    invert_sigmas: z.literal(false),
    max_image_seq_len: z.literal(4096),
    max_shift: z.literal(2.05),
    shift: z.literal(1),
    shift_terminal: z.literal(0.1),
    stochastic_sampling: z.literal(false),
    time_shift_type: z.literal('exponential'),
    use_dynamic_shifting: z.literal(true),
    use_karras_sigmas: z.literal(false),
    use_beta_sigmas: z.literal(false),
    use_exponential_sigmas: z.literal(false),
  }),
});

type RunFields = z.infer<typeof schema>;

/** A whole denoising run of both streams with four branches a step. */
export const runVerifier: Verifier = {
  name: 'LTX-2, run',
  kind: 'run',
  accepts: isLtxCase,
  verify: verifyRun,
};

const PARTS = ['cond', 'uncond', 'perturbed', 'isolated', 'x0', 'velocity'] as const;

async function* verifyRun(golden: Golden): AsyncGenerator<Checked> {
  const fields = parseFields(golden, schema);
  const { steps, call } = fields;
  const model = await openGoldenLtx(golden, call, INPUTS, {
    perturbedBlocks: fields.branches.perturbed.spatio_temporal_guidance_blocks,
  });
  const { frames, height, width } = gridOfCall(call);
  const schedule = ltxFlow({ steps, tokens: frames * height * width });
  yield* checkSchedule(golden, { schedule, wholeTimesteps: false });
  const values = await recordedRun(golden, model, fields, schedule);
  for (let step = 0; step < steps; step++) {
    for (const part of [...PARTS, 'latents']) {
      for (const stream of STREAMS) {
        const name = `step.${step}.${part}.${stream}`;
        yield compare(name, values.get(name), await golden.reference(name));
      }
    }
  }
  for (const stream of STREAMS) {
    const name = `out.latents.${stream}`;
    yield compare(name, values.get(name), await golden.reference(name));
  }
}

/** Denoises; values by golden name. */
async function recordedRun(
  golden: Golden,
  { spec, weights }: GoldenLtx,
  { call, guidance, branches, steps }: RunFields,
  schedule: Schedule,
): Promise<ReadonlyMap<string, Numbers>> {
  const rows = (name: string): Promise<Floats> => rowsInput(golden, name);
  const text = async (kind: string) => ({
    text: await rows(`in.${kind}encoder_hidden_states`),
    audio_text: await rows(`in.${kind}audio_encoder_hidden_states`),
  });
  const conditions = { cond: await text(''), uncond: await text('negative_') };
  const latents: Both<Floats> = {
    video: await rows('in.latents.video'),
    audio: await rows('in.latents.audio'),
  };
  const values = new Map<string, Numbers>();
  const keep = (name: string, { shape, data }: Numbers): unknown =>
    values.set(name, { shape: [1, ...shape], data });
  const plan = makePlan({
    phases: [
      {
        ...{ name: 'run', spec, weights, from: 0, to: steps },
        guidance: ltxGuidance({
          ...guidance,
          firstPerturbed: Math.min(...branches.perturbed.spatio_temporal_guidance_blocks),
        }),
      },
    ],
    grid: gridOfCall(call),
    lengths: { S: conditions.cond.text.shape[0] ?? 0 },
    schedule,
    sampler: euler(),
    plugins: [
      recordPredictions({
        ...{ names: PARTS, timesteps: schedule.timesteps },
        keep: (step, name, value, stream) => keep(`step.${step}.${name}.${stream}`, value),
      }),
    ],
    settings: await goldenSettings(),
  });
  const { latents: out } = await denoise({
    ...{ plan, latents, conditions, threads: GOLDEN_THREADS, previews: true },
    tell: (event) => {
      if (event.type !== 'preview') return;
      for (const s of STREAMS) keep(`step.${event.step}.latents.${s}`, floatsOf(event.latents[s]));
    },
  });
  both((s) => keep(`out.latents.${s}`, floatsOf(out[s])));
  return values;
}
