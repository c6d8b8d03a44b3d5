import { type ClockRows, denoise, euler, type ModelSpec, makePlan, only } from '@skipstone/core';
import {
  type AddLoras,
  atStrengths,
  type Checked,
  captureStations,
  compare,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  loraField,
  type Numbers,
  parseFields,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { diffusersName } from '../keys.js';
import { callFields, gridOfCall, isLtxCase, openGoldenLtx, rowsInput, unsupported } from './golden-ltx.js';
import { tapPlaces } from './tap-places.js';

const INPUTS = [
  ...['in.hidden_states', 'in.audio_hidden_states'],
  ...['in.encoder_hidden_states', 'in.audio_encoder_hidden_states'],
  ...['in.timestep', 'in.sigma', 'in.audio_timestep', 'in.audio_sigma'],
] as const;

const schema = z.strictObject({
  ...loraField,
  call: z.strictObject({
    ...callFields,
    spatio_temporal_guidance_blocks: z.array(z.int().min(0)).min(1).optional(),
    isolate_modalities: z.literal(true).optional(),
  }),
});

/** One forward of the transformer with everything that was recorded on its way. */
export const forwardVerifier: Verifier = {
  name: 'LTX-2, forward',
  kind: 'forward',
  accepts: isLtxCase,
  verify: (golden) => atStrengths(golden, parseFields(golden, schema).lora, verifyForward),
};

async function* verifyForward(golden: Golden, add: AddLoras): AsyncGenerator<Checked> {
  const { call } = parseFields(golden, schema);
  const { spatio_temporal_guidance_blocks: perturbedBlocks, isolate_modalities: isolated } = call;
  if (perturbedBlocks && isolated) throw unsupported(golden, 'two variants at once', 'one');
  const clocks = await clocksOf(golden);
  const { config, ...open } = await openGoldenLtx(golden, call, INPUTS, {
    firstFrame: (clocks.video?.values.length ?? 0) > 1,
    ...(perturbedBlocks ? { perturbedBlocks } : {}),
  });
  const { spec, weights } = await add(open, { renames: diffusersName });
  const variant = isolated ? 'isolated' : perturbedBlocks ? 'skip-attention' : undefined;
  const text = await rowsInput(golden, 'in.encoder_hidden_states');
  const audioText = await rowsInput(golden, 'in.audio_encoder_hidden_states');
  const taps = tapPlaces(golden, config.blocks);
  const values = new Map<string, Numbers>();
  const plan = makePlan({
    phases: [
      {
        ...{ name: 'forward', weights, from: 0, to: 1 },
        guidance: only({ name: 'cond', text: 'cond', ...(variant ? { variant } : {}) }),
        // Cases have timesteps of their own.
        spec: { ...spec, clockRows: () => clocks } satisfies ModelSpec,
      },
    ],
    grid: gridOfCall(call),
    lengths: { S: text.shape[0] ?? 0 },
    // A single step whose end nobody looks at.
    schedule: { name: 'one-forward', sigmas: [1, 0], timesteps: [0] },
    sampler: euler(),
    plugins: [
      captureStations({
        ...{ trunk: taps.trunk, head: [] },
        keep: (station, value, stream) => values.set(`${station}/${stream}`, value),
      }),
    ],
    settings: await goldenSettings(),
  });
  const latents = {
    video: await rowsInput(golden, 'in.hidden_states'),
    audio: await rowsInput(golden, 'in.audio_hidden_states'),
  };
  const conditions = { cond: { text, audio_text: audioText } };
  await denoise({ plan, latents, conditions, threads: GOLDEN_THREADS });
  for (const [name, { station, stream }] of taps.of) {
    const value = values.get(`${station}/${stream}`);
    const got = value && { shape: [1, ...value.shape], data: value.data };
    yield compare(name, got, await golden.reference(name));
  }
}

/** A timestep for all tokens of a stream or one for each, and the noise levels beside them. */
async function clocksOf(golden: Golden): Promise<Readonly<Record<string, ClockRows>>> {
  const read = async (name: string): Promise<number[] | undefined> => {
    if (!golden.tensors.has(name)) return undefined;
    const { shape, data } = await golden.input(name);
    if (shape[0] !== 1) throw unsupported(golden, `${name} [${shape.join(', ')}]`, 'one sample');
    return Array.from(Float32Array.from(data, Number));
  };
  const one = (name: string, values: number[]): ClockRows => {
    if (values.length === 1) return { values };
    throw unsupported(golden, `${name} with ${values.length} values`, 'one');
  };
  const timestep = (await read('in.timestep')) ?? [];
  const sigma = (await read('in.sigma')) ?? timestep;
  const values = [...new Set(timestep)];
  const rowOfToken = Int32Array.from(timestep, (value) => values.indexOf(value));
  return {
    video: values.length === 1 ? { values } : { values, rowOfToken },
    audio: one('in.audio_timestep', (await read('in.audio_timestep')) ?? timestep),
    video_level: one('in.sigma', sigma),
    audio_level: one('in.audio_sigma', (await read('in.audio_sigma')) ?? sigma),
  };
}
