import { denoise, euler, type Given, makePlan, only } from '@skipstone/core';
import {
  type AddLoras,
  atStrengths,
  type Checked,
  captureStations,
  compare,
  type Floats,
  floatInput,
  floatsOf,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  gridOf,
  loraField,
  type Numbers,
  PREDICTION,
  parseFields,
  pinnedFrames,
  sample,
  type TapStations,
  tapStations,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import type { WanConfig } from '../config.js';
import { conditionGiven } from '../given.js';
import { diffusersName } from '../keys.js';
import { type GoldenWan, goldenConfig, isWanCase, openGoldenWan } from './golden-wan.js';
import { asVolume, fromPatches, stack } from './host.js';
import { givenTokens, type SampleTime, sampleTimes } from './sample-times.js';

const INPUTS = ['in.hidden_states', 'in.timestep', 'in.encoder_hidden_states'] as const;
const IMAGE = 'in.encoder_hidden_states_image';

/** Golden taps outside the blocks → where our pass has them. `head_in` lies after the trunk. */
const TAPS = {
  before: {
    'tap.patch_embedding': 'embed',
    'tap.patch_embedding.in': 'patches',
    'tap.time_embed.in': 'time_embed.in',
    'tap.time_embed': 'time_embed',
  },
  after: { 'tap.proj_out.in': 'head_in', 'tap.proj_out': PREDICTION },
};

/** One forward of the transformer with everything that was recorded on its way. */
export const forwardVerifier: Verifier = {
  name: 'Wan, forward',
  kind: 'forward',
  accepts: isWanCase,
  verify: (golden) => atStrengths(golden, parseFields(golden, z.strictObject(loraField)).lora, verifyForward),
};

async function* verifyForward(golden: Golden, add: AddLoras): AsyncGenerator<Checked> {
  const times = await sampleTimes(golden);
  const firstFrame = times.some(({ clean }) => clean !== undefined);
  const { imageWidth } = goldenConfig(golden);
  const open = await openGoldenWan(golden, imageWidth ? [...INPUTS, IMAGE] : INPUTS, { firstFrame });
  const model = { ...open, ...(await add(open, { renames: diffusersName })) };
  const taps = tapStations(golden, { blocks: model.config.blocks, ...TAPS });
  const samples = await samplesOf(golden, model.config, times);
  const values: ReadonlyMap<string, Numbers>[] = [];
  for (const one of samples) values.push(await forward(model, one, taps));
  for (const [name, station] of taps.of) {
    const parts = samples.flatMap((one, i) => {
      const value = values[i]?.get(station);
      return value ? [asReference(model, name, value, one)] : [];
    });
    const got = parts.length === samples.length ? stack(parts) : undefined;
    yield compare(name, got, await golden.reference(name));
  }
}

interface Sample {
  /** `[C, T, Y, X]`, and what stands beside them: `[C in − C, T, Y, X]`. */
  readonly latents: Floats;
  readonly condition: Floats;
  readonly time: SampleTime;
  /** `[S, ·]`, and an image's tokens `[I, ·]`. */
  readonly ports: Readonly<Record<string, Floats>>;
}

/** A batch is as many passes: inside our graphs there is no batch axis. */
async function samplesOf(
  golden: Golden,
  config: WanConfig,
  times: readonly SampleTime[],
): Promise<readonly Sample[]> {
  const input = await floatInput(golden, 'in.hidden_states', 5);
  const text = await floatInput(golden, 'in.encoder_hidden_states', 3);
  const image = config.imageWidth ? await floatInput(golden, IMAGE, 3) : undefined;
  return times.map((time, i) => {
    const { latents, condition } = channelsApart(sample(input, i), config.channels);
    const ports = { text: sample(text, i), ...(image ? { image: sample(image, i) } : {}) };
    return { latents, condition, time, ports };
  });
}

function channelsApart({ type, shape, data }: Floats, channels: number) {
  const [all = 0, ...rest] = shape;
  const at = (data.length / all) * channels;
  return {
    latents: { type, shape: [channels, ...rest], data: data.slice(0, at) },
    condition: { type, shape: [all - channels, ...rest], data: data.slice(at) },
  };
}

/** Runs one pass; values by station, each with its first axis. */
async function forward(
  model: GoldenWan,
  one: Sample,
  taps: TapStations,
): Promise<ReadonlyMap<string, Numbers>> {
  const { spec, weights } = model;
  const { latents, time, ports } = one;
  const values = new Map<string, Numbers>();
  const grid = gridOf(latents);
  const lengths = { S: ports.text?.shape[0] ?? 0, I: ports.image?.shape[0] ?? 0 };
  const plan = makePlan({
    phases: [
      {
        ...{ name: 'forward', spec, weights, from: 0, to: 1, guidance: only() },
        given: givenOf(model, one),
      },
    ],
    grid,
    lengths,
    // A single step whose end nobody looks at.
    schedule: { name: 'one-forward', sigmas: [1, 0], timesteps: [time.timestep] },
    sampler: euler(),
    plugins: [captureStations({ ...taps, keep: (station, value) => values.set(station, value) })],
    settings: await goldenSettings(),
  });
  const start = spec.patchify({ video: latents }, grid);
  await denoise({ plan, latents: start, conditions: { cond: ports }, threads: GOLDEN_THREADS });
  return values;
}

function givenOf({ spec, config }: GoldenWan, { latents, condition, time }: Sample): Given {
  if (time.clean !== undefined) return pinnedFrames(spec, latents, time.clean);
  const channels = config.channelsIn - config.channels;
  return channels > 0 ? conditionGiven(channels, condition, gridOf(latents)) : {};
}

/** Our value in the layout that the reference recorded it in, without its batch axis. */
function asReference({ spec, config }: GoldenWan, name: string, value: Numbers, { latents, time }: Sample) {
  const grid = gridOf(latents);
  const { shape, data } = value;
  switch (name) {
    case 'tap.patch_embedding':
      return asVolume(value, config.width, grid);
    case 'tap.patch_embedding.in':
      return fromPatches(value, config.channelsIn, grid);
    case 'tap.time_embed':
    case 'tap.time_embed.in':
      return time.clean === undefined
        ? { shape: shape.slice(1), data }
        : givenTokens(value, time.clean, grid);
    case 'out.velocity': {
      const rows = { type: 'float32' as const, shape, data: Float32Array.from(data) };
      return floatsOf(spec.unpatchify({ video: rows }, grid).video);
    }
    default:
      return value;
  }
}
