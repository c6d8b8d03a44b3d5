import type { Picture, VideoCodec } from '@skipstone/codecs';
import { generate, type HostTensor, scheduleOf, type VideoModel } from '@skipstone/core';
import {
  type Checked,
  compare,
  GOLDEN_THREADS,
  type Golden,
  type Numbers,
  parseFields,
  recordPredictions,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { openPipeline } from '../open-pipeline.js';
import type { Pipeline, PipelineInputs } from '../pipeline.js';
import { batched, checkFrames, checkTokens, list, promptFields, sidesOf } from './stations.js';

const call = z.strictObject({
  prompt: z.string(),
  negative_prompt: z.string().optional(),
  image: z.literal('in.image').optional(),
  height: z.int().positive(),
  width: z.int().positive(),
  num_frames: z.int().positive(),
  num_inference_steps: z.int().positive(),
  guidance_scale: z.number(),
  guidance_scale_2: z.number().optional(),
  fps: z.number().positive().optional(),
  max_sequence_length: z.int().positive().optional(),
  latents: z.enum(['in.latents', 'in.noise']),
  generator_seed: z.int().optional(),
});

const schema = z.strictObject({
  pipeline: z.string(),
  call,
  ...promptFields,
  experts: z.array(z.enum(['transformer', 'transformer_2'])).optional(),
  scheduler: z.looseObject({}),
  guidance_form: z.string(),
  safety_checker: z.string().optional(),
});

type Call = z.infer<typeof call>;

/** Whole pipelines of one stream, from a prompt or an image to frames, and every station between. */
export const pipelineVerifier: Verifier = {
  name: 'whole pipelines: Wan, Cosmos-Predict2',
  kind: 'pipeline',
  accepts: ({ fields }) => /^(?:Wan|Cosmos2)/.test(String(fields.pipeline)),
  verify,
};

async function* verify(golden: Golden): AsyncGenerator<Checked> {
  const fields = parseFields(golden, schema);
  const asked = fields.call;
  const pipeline = await openPipeline(golden.folder, {
    threads: GOLDEN_THREADS,
    ...(asked.max_sequence_length === undefined ? {} : { maxTokens: asked.max_sequence_length }),
    ...(asked.fps === undefined ? {} : { fps: asked.fps }),
  });
  const held = async (name: string, got: Numbers | undefined, limit?: number): Promise<Checked> =>
    compare(name, got, await golden.reference(name), limit);

  yield* checkPrompts(golden, pipeline, fields);
  const size = { width: asked.width, height: asked.height, frames: asked.num_frames };
  const inputs = await inputsOf(golden, asked);
  const { model, given, seen } = await pipeline.prepare(inputs, { size });
  yield* checkInputs(golden, pipeline, seen);
  const noise = { video: without(await golden.input(asked.latents)) };
  const options = {
    ...size,
    ...{ prompt: asked.prompt, negative: asked.negative_prompt ?? '', noise, threads: GOLDEN_THREADS },
    steps: asked.num_inference_steps,
    guidance: guidanceOf(model, asked),
  };
  const { sigmas, timesteps, endScale } = scheduleOf(model, options, model.grid(size));
  const edm = endScale !== undefined;
  yield await held('schedule.sigmas', list(edm ? sigmas.map((s) => s / (1 - s)) : sigmas));
  yield await held(
    'schedule.timesteps',
    list(edm ? sigmas.slice(0, -1).map((s) => (1000 * s) / (1 - s)) : timesteps),
  );
  const made = new Map<string, Numbers>();
  const spec = model.phases[0]?.model.spec;
  if (!spec) throw new TypeError('a model has a transformer');
  const grid = model.grid(size);
  const unpatched = (rows: HostTensor, step?: number): Numbers => {
    const { video } = spec.unpatchify({ video: rows }, grid);
    if (!video) throw new TypeError('the stream has a video');
    const by = edm && step !== undefined ? 1 / (1 - (sigmas[step + 1] ?? 0)) : 1;
    return { shape: [1, ...video.shape], data: (video.data as Float32Array).map((value) => value * by) };
  };
  const parts = ['cond', 'uncond', 'input', 'timestep'].filter((part) =>
    golden.tensors.has(`step.0.${part}`),
  );
  const record = recordPredictions({
    name: 'record-predictions',
    names: parts,
    timesteps,
    keep: (step, name, rows) => {
      const host: HostTensor = { type: 'float32', shape: rows.shape, data: Float32Array.from(rows.data) };
      const at = `step.${step}.${name}`;
      if (name !== 'timestep') made.set(at, unpatched(host));
      else made.set(at, edm ? perFrame(rows, grid.frames) : rows);
    },
  });
  const recorded = { ...options, plugins: [record], ...(given && { given }) };
  if (edm) {
    // The last step moves nothing, so a run leaves it out; the reference evaluates it. With another end so do we.
    const whole = { ...scheduleOf(model, options, grid), sigmas: [...sigmas.slice(0, -1), 0] };
    const evaluated = { ...model, schedules: { ...model.schedules, whole: () => whole } };
    await generate(evaluated, { ...recorded, schedule: 'whole' }).result;
  }
  const run = generate(model, { ...recorded, previews: true });
  for await (const event of run) {
    if (event.type === 'preview' && event.latents.video) {
      made.set(`step.${event.step}.latents`, unpatched(event.latents.video, event.step));
    }
  }
  if (edm) made.set(`step.${timesteps.length - 1}.latents`, last(made, timesteps.length));
  const { latents } = await run.result;
  const clean = given?.pinned && !edm ? 1 : 0;
  for (let step = 0; step < asked.num_inference_steps; step++) {
    for (const part of [...parts, 'latents']) {
      const name = `step.${step}.${part}`;
      if (!golden.tensors.has(name)) continue;
      const want = await golden.reference(name);
      const cut =
        part === 'latents' ? (value: Numbers | undefined) => value && fromFrame(value, clean) : same;
      const got = part === 'timestep' && want ? inShape(made.get(name), want.shape) : made.get(name);
      yield compare(name, cut(got), cut(want));
    }
  }
  yield* checkOutputs(golden, pipeline.codec, latents.video);
}

/** What the step before left: the last one moves nothing. */
const last = (made: ReadonlyMap<string, Numbers>, steps: number): Numbers =>
  made.get(`step.${steps - 1}.latents`) ?? made.get(`step.${steps - 2}.latents`) ?? { shape: [], data: [] };

/** One timestep a latent frame, of one a token. */
const perFrame = ({ data }: Numbers, frames: number): Numbers => ({
  shape: [1, 1, frames, 1, 1],
  data: Array.from({ length: frames }, (_, t) => data[(t * data.length) / frames] ?? Number.NaN),
});

const same = (value: Numbers | undefined): Numbers | undefined => value;

async function* checkPrompts(
  golden: Golden,
  pipeline: Pipeline,
  fields: z.infer<typeof schema>,
): AsyncGenerator<Checked> {
  const { prompt, negative_prompt: negative = '' } = fields.call;
  for (const side of sidesOf(fields, prompt, negative)) {
    yield* checkTokens(golden, pipeline, side, 'behind');
    const { prefix, raw } = side;
    const ports = await pipeline.model.text?.encode(raw);
    const embeds = `tap.${prefix}prompt_embeds`;
    yield compare(embeds, batched(ports?.text), await golden.reference(embeds));
  }
}

async function* checkInputs(
  golden: Golden,
  { codec }: Pipeline,
  seen: Readonly<Record<string, HostTensor>>,
): AsyncGenerator<Checked> {
  for (const name of ['pixel_values', 'image_embeds', 'encoded_video', 'conditioning_latents']) {
    const tap = `tap.${name}`;
    if (golden.tensors.has(tap)) yield compare(tap, batched(seen[name]), await golden.reference(tap));
  }
  const video = seen.encoded_video;
  if (!video) return;
  const posterior = await codec.posterior(video, { device: 'cpu', threads: GOLDEN_THREADS });
  if (golden.tensors.has('tap.posterior_mean')) {
    yield compare(
      'tap.posterior_mean',
      batched(posterior.mean),
      await golden.reference('tap.posterior_mean'),
    );
  }
  if (golden.tensors.has('tap.posterior_std')) {
    yield compare(
      'tap.posterior_std',
      batched(posterior.deviation),
      await golden.reference('tap.posterior_std'),
    );
  }
  if (golden.tensors.has('tap.condition')) {
    const whole = seen.condition ?? (seen.posterior && withMask(seen.posterior));
    yield compare('tap.condition', batched(whole), await golden.reference('tap.condition'));
  }
  if (golden.tensors.has('tap.condition_mask')) {
    const want = await golden.reference('tap.condition_mask');
    const frames = seen.conditioning_latents?.shape[1] ?? 0;
    const [, , , height = 1, width = 1] = want?.shape ?? [];
    const ours = want && {
      shape: want.shape,
      data: Array.from({ length: want.data.length }, (_, i) => (i < frames * height * width ? 1 : 0)),
    };
    yield compare('tap.condition_mask', ours, want);
  }
}

async function* checkOutputs(
  golden: Golden,
  codec: VideoCodec,
  latents: HostTensor | undefined,
): AsyncGenerator<Checked> {
  if (!latents) throw new TypeError('a run gives latents');
  yield compare('out.latents', batched(latents), await golden.reference('out.latents'));
  const scaled = codec.denormalised(latents);
  yield compare('tap.decoder_input', batched(scaled), await golden.reference('tap.decoder_input'));
  const frames = yield* checkFrames(golden, codec, latents);
  const bytes = 'out.frames_uint8';
  if (!golden.tensors.has(bytes)) return;
  // A value next to a whole number may be cut off to the one below it.
  const cut = {
    shape: frames.shape,
    data: Float64Array.from(frames.data, (value) => Math.trunc(255 * value)),
  };
  yield compare(bytes, cut, await golden.reference(bytes), 1 / 255);
}

/** A mask of four channels, 1 in the first latent frame, before latents. */
function withMask({ shape, data }: HostTensor): HostTensor {
  const [channels = 0, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const all = new Float32Array((channels + 4) * frames * area);
  for (let c = 0; c < 4; c++) all.fill(1, c * frames * area, (c * frames + 1) * area);
  all.set(data as Float32Array, 4 * frames * area);
  return { type: 'float32', shape: [channels + 4, frames, height, width], data: all };
}

async function inputsOf(golden: Golden, asked: Call): Promise<PipelineInputs> {
  if (asked.image === undefined) return {};
  const { shape, data } = await golden.input(asked.image);
  const [height = 0, width = 0] = shape;
  const image: Picture = { width, height, rgb: Uint8Array.from(data, Number) };
  const noise = 'in.posterior_noise';
  return golden.tensors.has(noise)
    ? { image, posteriorNoise: without(await golden.input(noise)) }
    : { image };
}

const guidanceOf = ({ phases }: VideoModel, { guidance_scale: one, guidance_scale_2: two }: Call) =>
  phases.length === 1 ? one : [one, two ?? one];

const without = (one: HostTensor): HostTensor => ({ ...one, shape: one.shape.slice(1) });

const inShape = (one: Numbers | undefined, shape: readonly number[]): Numbers | undefined =>
  one && { shape, data: one.data };

/** Latents `[1, C, T, h, w]` without their first frames: the reference never reads what it has there. */
function fromFrame({ shape, data }: Numbers, first: number): Numbers {
  const [, channels = 0, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const kept = Array.from(data).filter((_, i) => Math.floor(i / area) % frames >= first);
  return { shape: [1, channels, frames - first, height, width], data: kept };
}
