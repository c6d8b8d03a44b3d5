import { generate, type HostTensor, type Streams, scheduleOf } from '@skipstone/core';
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
import type { Pipeline } from '../pipeline.js';
import { batched, checkFrames, checkTokens, list, promptFields, sidesOf } from './stations.js';

const call = z.strictObject({
  prompt: z.string(),
  negative_prompt: z.string(),
  height: z.int().positive(),
  width: z.int().positive(),
  num_frames: z.int().positive(),
  frame_rate: z.number().positive(),
  num_inference_steps: z.int().positive(),
  guidance_scale: z.number(),
  stg_scale: z.number(),
  modality_scale: z.number(),
  guidance_rescale: z.number(),
  audio_guidance_scale: z.number(),
  audio_stg_scale: z.number(),
  audio_modality_scale: z.number(),
  audio_guidance_rescale: z.number(),
  spatio_temporal_guidance_blocks: z.array(z.int().min(0)).min(1),
  max_sequence_length: z.int().positive(),
  generator_seed: z.int().optional(),
});

const schema = z.strictObject({
  pipeline: z.string(),
  call,
  ...promptFields,
  scheduler: z.looseObject({}),
  audio_sampling_rate: z.int(),
  generator_seed: z.string().optional(),
});

type Fields = z.infer<typeof schema>;

const STREAMS = ['video', 'audio'] as const;
const BRANCHES = ['cond', 'uncond', 'perturbed', 'isolated'] as const;

/** The whole of LTX-2: a prompt to frames and sound. */
export const ltxPipelineVerifier: Verifier = {
  name: 'whole pipelines: LTX-2',
  kind: 'pipeline',
  accepts: ({ fields }) => /^LTX2/.test(String(fields.pipeline)),
  verify,
};

async function* verify(golden: Golden): AsyncGenerator<Checked> {
  const fields = parseFields(golden, schema);
  const asked = fields.call;
  const pipeline = await openPipeline(golden.folder, {
    ...{ threads: GOLDEN_THREADS, maxTokens: asked.max_sequence_length, fps: asked.frame_rate },
    ltx: { perturbedBlocks: asked.spatio_temporal_guidance_blocks, scales: scalesOf(asked) },
  });
  yield* checkPrompts(golden, pipeline, fields);
  const { model } = pipeline;
  const size = { width: asked.width, height: asked.height, frames: asked.num_frames };
  const grid = model.grid(size);
  const spec = model.phases[0]?.model.spec;
  if (!spec) throw new TypeError('a model has a transformer');
  const rows: Record<string, HostTensor> = {};
  for (const stream of STREAMS) {
    const given = await golden.input(`in.latents.${stream}`);
    rows[stream] = { ...given, shape: given.shape.slice(1) };
  }
  const options = {
    ...{ ...size, prompt: asked.prompt, negative: asked.negative_prompt, steps: asked.num_inference_steps },
    ...{ noise: spec.unpatchify(rows, grid), threads: GOLDEN_THREADS },
  };
  const { sigmas, timesteps } = scheduleOf(model, options, grid);
  yield compare('schedule.sigmas', list(sigmas), await golden.reference('schedule.sigmas'));
  yield compare('schedule.timesteps', list(timesteps), await golden.reference('schedule.timesteps'));
  const made = new Map<string, Numbers>();
  const keep = (name: string, { shape, data }: Numbers): void =>
    void made.set(name, { shape: [1, ...shape], data });
  const record = recordPredictions({
    ...{ name: 'record-predictions', names: BRANCHES, timesteps },
    keep: (step, name, value, stream) => keep(`step.${step}.${name}.${stream}`, value),
  });
  const run = generate(model, { ...options, plugins: [record], previews: true });
  for await (const event of run) {
    if (event.type !== 'preview') continue;
    for (const stream of STREAMS) {
      const latents = event.latents[stream];
      if (latents) keep(`step.${event.step}.latents.${stream}`, latents as Numbers);
    }
  }
  for (let step = 0; step < asked.num_inference_steps; step++) {
    for (const part of [...BRANCHES, 'latents']) {
      for (const stream of STREAMS) {
        const name = `step.${step}.${part}.${stream}`;
        yield compare(name, made.get(name), await golden.reference(name));
      }
    }
  }
  yield* checkOutputs(golden, pipeline, (await run.result).latents);
}

async function* checkPrompts(golden: Golden, pipeline: Pipeline, fields: Fields): AsyncGenerator<Checked> {
  const { text, clean, model } = pipeline;
  const { prompt, negative_prompt: negative } = fields.call;
  for (const side of sidesOf(fields, prompt, negative)) {
    yield* checkTokens(golden, pipeline, side, 'before');
    const { prefix, raw } = side;
    const [encoded] = await text.encode([clean(raw)], { device: 'cpu', threads: GOLDEN_THREADS });
    const states = `tap.${prefix}hidden_states`;
    yield compare(states, batched(encoded?.values), await golden.reference(states));
    const ports = await model.text?.encode(raw);
    for (const [stream, port] of [
      ['video', 'text'],
      ['audio', 'audio_text'],
    ] as const) {
      const name = `tap.${prefix}prompt_embeds.${stream}`;
      yield compare(name, batched(ports?.[port]), await golden.reference(name));
    }
  }
}

async function* checkOutputs(
  golden: Golden,
  { codec, sound }: Pipeline,
  { video, audio }: Streams<HostTensor>,
): AsyncGenerator<Checked> {
  if (!video || !audio || !sound) throw new TypeError('a run gives both streams');
  const scaled = batched(codec.denormalised(video));
  for (const name of ['out.latents.video', 'tap.decoder_input']) {
    yield compare(name, scaled, await golden.reference(name));
  }
  yield* checkFrames(golden, codec, video);
  const latents = 'out.latents.audio';
  yield compare(latents, batched(sound.denormalised(audio)), await golden.reference(latents));
  const { mel, samples } = await sound.decode(audio, { device: 'cpu', threads: GOLDEN_THREADS });
  yield compare('tap.mel', batched(mel), await golden.reference('tap.mel'));
  yield compare('out.audio', samples as Numbers, await golden.reference('out.audio'));
}

const scalesOf = (asked: Fields['call']) => ({
  video: {
    ...{ cfg: asked.guidance_scale, stg: asked.stg_scale },
    ...{ modality: asked.modality_scale, rescale: asked.guidance_rescale },
  },
  audio: {
    ...{ cfg: asked.audio_guidance_scale, stg: asked.audio_stg_scale },
    ...{ modality: asked.audio_modality_scale, rescale: asked.audio_guidance_rescale },
  },
});
