import { cfg, type Given, type HostTensor, openModel, patchify } from '@skipstone/core';
import type { Subject } from '@skipstone/core/testing';
import type { GoldenEdits } from '@skipstone/golden';
import { openCosmos } from '@skipstone/models-cosmos';
import { type LtxOptions, openLtx } from '@skipstone/models-ltx';
import { type WanTraits, wanConfig, wanTransformer } from '@skipstone/models-wan';
import { goldenFolder } from './golden-folder.js';

/** Frames, rows and columns of latents; a frame is 12 tokens in all models. */
const GRID = { frames: 3, height: 8, width: 6 };
const LTX_GRID = { frames: 2, height: 3, width: 4 };
const FRAME = 12;

/** Every adapter's tiny models, by the name of what they are in small. */
export const GOLDEN_SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  'Wan2.1 T2V': () => wan('models-wan/run-wan21-euler'),
  'Wan2.1 I2V': () => wan('models-wan/wan21-i2v'),
  'Wan2.2 A14B, two experts': () => wan('models-wan/run-wan22-a14b', ['transformer.', 'transformer_2.']),
  'Wan2.2 TI2V, first frame given': () => wan('models-wan/run-wan22-ti2v', [''], { firstFrame: true }),
  'Cosmos-Predict2 T2I': () => cosmos('models-cosmos/cosmos2-t2i'),
  'Cosmos-Predict2 V2W, first frame given': () => cosmos('models-cosmos/run-cosmos2-v2w'),
  'Cosmos, learned positions': () => cosmos('models-cosmos/cosmos2-learnable-pos'),
  'Cosmos-Predict2.5, first frame given': () => cosmos('models-cosmos/run-cosmos2-v2w', PREDICT_2_5),
  'LTX-2.0': () => ltx('models-ltx/ltx2-0', { crossTimestep: false }),
  'LTX-2.0, rotary pairs side by side': () => ltx('models-ltx/ltx2-0-interleaved'),
  'LTX-2.3': () => ltx('models-ltx/run-ltx2-3'),
  'LTX-2.3, first frame given': () => ltx('models-ltx/ltx2-3', { firstFrame: true }),
  'LTX-2.3, first frame given, own timesteps': () =>
    ltx('models-ltx/ltx2-3-i2v-own-timestep', { firstFrame: true, crossTimestep: false }),
  'LTX-2.5, first frame given': () =>
    ltx('models-ltx/run-ltx2-3', { firstFrame: true, keyframes: true }, LTX_2_5),
};

/** Those whose family takes UniPC unless asked otherwise, one of each, run by it too. */
export const BY_UNIPC: readonly string[] = ['Wan2.1 T2V', 'Cosmos-Predict2.5, first frame given'];

/** Text is projected. */
const PREDICT_2_5: GoldenEdits = {
  config: {
    ...{ use_crossattn_projection: true, crossattn_proj_in_channels: 16 },
    encoder_hidden_states_channels: 16,
  },
  beside: { 'crossattn_proj.0.weight': waves([16, 16]), 'crossattn_proj.0.bias': waves([16]) },
};

/** First frames have an embedding of their own, feed-forwards of video no bias. */
const LTX_2_5: GoldenEdits = {
  config: { use_keyframes_abs_pos_embedding: true, ff_bias: false },
  model: Object.fromEntries(
    [0, 1].flatMap((block) =>
      ['0.proj', '2'].map((part) => [`transformer_blocks.${block}.ff.net.${part}.bias`, null]),
    ),
  ),
  beside: { keyframes_abs_pos_embedding: waves([1, 24]) },
};

async function wan(
  name: string,
  experts: readonly string[] = [''],
  traits: WanTraits = {},
): Promise<Subject> {
  const golden = await goldenFolder(name);
  const spec = wanTransformer(wanConfig(golden.config, golden.path, traits), name);
  const models = experts.map((prefix) => {
    const own = [...golden.weights.tensors].filter(([stored]) => stored.startsWith(prefix));
    const tensors = new Map(own.map(([stored, entry]) => [stored.slice(prefix.length), entry]));
    return openModel(spec, { ...golden.weights, tensors }, { ignore: [/norm_added_q/] });
  });
  const one = { name, models, grid: GRID };
  if (!golden.has('in.encoder_hidden_states_image')) {
    const [text, negative] = await Promise.all(
      ['in.prompt_embeds', 'in.negative_prompt_embeds'].map((tensor) => golden.read(tensor)),
    );
    const conditions = { cond: { text: some(text) }, uncond: { text: some(negative) } };
    const clean = traits.firstFrame
      ? spec.patchify({ video: await golden.read('in.condition') }, { ...GRID, frames: 1 }).video
      : undefined;
    const latents = { video: await golden.read('in.latents') };
    return { ...one, lengths: { S: 9 }, conditions, latents, ...(clean ? { given: firstFrame(clean) } : {}) };
  }
  const input = await golden.read('in.hidden_states');
  const half = input.data.length / 2;
  const shape = [4, GRID.frames, GRID.height, GRID.width];
  const condition = { ...input, shape, data: input.data.slice(half) };
  const ports = async (sample: number) => ({
    text: await golden.read('in.encoder_hidden_states', sample),
    image: await golden.read('in.encoder_hidden_states_image'),
  });
  return {
    ...one,
    lengths: { S: 512, I: 5 },
    conditions: { cond: await ports(0), uncond: await ports(1) },
    latents: { video: { ...input, shape, data: input.data.slice(0, half) } },
    given: { tables: { condition: patchify(condition, 4, GRID) } },
  };
}

async function cosmos(name: string, edits?: GoldenEdits): Promise<Subject> {
  const golden = await goldenFolder(name, edits);
  const { phases } = await openCosmos(`${golden.path}model.safetensors`, { name });
  const models = phases.map((phase) => phase.model);
  const run = golden.has('in.noise');
  const text = await golden.read(run ? 'in.prompt_embeds' : 'in.encoder_hidden_states');
  const negative = run ? await golden.read('in.negative_prompt_embeds') : none(text);
  const latents = { video: await golden.read(run ? 'in.noise' : 'in.hidden_states') };
  const clean = run ? { video: await golden.read('in.conditioning_latents') } : undefined;
  const rows = clean && models[0]?.spec.patchify(clean, GRID).video;
  return {
    ...{ name, models, grid: GRID, lengths: { S: 7 }, latents },
    conditions: { cond: { text }, uncond: { text: negative } },
    ...(rows ? { given: firstFrame(rows) } : {}),
  };
}

async function ltx(name: string, options: LtxOptions = {}, edits?: GoldenEdits): Promise<Subject> {
  const golden = await goldenFolder(name, edits);
  const all = { audioTokens: 9, perturbedBlocks: [1], ...options };
  const { phases, guide } = await openLtx(`${golden.path}model.safetensors`, { name, ...all });
  const models = phases.map((phase) => phase.model);
  const run = golden.has('in.latents.video');
  const rows = {
    video: await golden.read(run ? 'in.latents.video' : 'in.hidden_states'),
    audio: await golden.read(run ? 'in.latents.audio' : 'in.audio_hidden_states'),
  };
  const text = await golden.read('in.encoder_hidden_states');
  const audioText = await golden.read('in.audio_encoder_hidden_states');
  const latents = models[0]?.spec.unpatchify(rows, LTX_GRID) ?? {};
  return {
    ...{ name, models, grid: LTX_GRID, lengths: { S: 7 }, latents },
    conditions: {
      cond: { text, audio_text: audioText },
      uncond: { text: none(text), audio_text: none(audioText) },
    },
    guidance: guide?.(undefined) ?? cfg({ scale: 4 }),
    ...(options.firstFrame ? { given: firstFrame(rows.video) } : {}),
  };
}

/** The tokens of the first frame are clean. */
function firstFrame({ type, shape, data }: HostTensor): Given {
  const width = shape[1] ?? 0;
  const clean = { type, shape: [FRAME, width], data: data.slice(0, FRAME * width) };
  return { pinned: { video: { rows: Int32Array.from({ length: FRAME }, (_, row) => row), clean } } };
}

const none = ({ type, shape, data }: HostTensor): HostTensor => ({
  ...{ type, shape },
  data: new Float32Array(data.length),
});

/** Made-up weights. */
function waves(shape: readonly number[]): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { type: 'float32', shape, data: Float32Array.from({ length: count }, (_, i) => Math.sin(3 * i)) };
}

function some(tensor: HostTensor | undefined): HostTensor {
  if (!tensor) throw new TypeError('no tensor');
  return tensor;
}
