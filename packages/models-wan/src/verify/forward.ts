import { denoise, euler, makePlan, only } from '@skipstone/core';
import {
  type Checked,
  compare,
  type Golden,
  type Numbers,
  parseFields,
  type Verifier,
} from '@skipstone/core/testing';
import { z } from 'zod';
import { captureStations } from './capture-stations.js';
import { type GoldenWan, goldenSettings, isWan, openGoldenWan, THREADS, unsupported } from './golden-wan.js';
import { asVolume, type Floats, floatInput, floatsOf, gridOf, sample, stack } from './host.js';
import { inLineOrder, tapStations } from './tap-stations.js';

const INPUTS = ['in.hidden_states', 'in.timestep', 'in.encoder_hidden_states'] as const;

/** One forward of the transformer with everything that was recorded on its way. */
export const forwardVerifier: Verifier = {
  name: 'Wan2.1 text to video, forward',
  kind: 'forward',
  accepts: isWan,
  verify: verifyForward,
};

async function* verifyForward(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const model = await openGoldenWan(golden, INPUTS);
  const taps = tapStations(golden, model.config.blocks);
  const samples = await samplesOf(golden);
  const values: ReadonlyMap<string, Numbers>[] = [];
  for (const one of samples) values.push(await forward(model, one, [...taps.values()]));
  for (const [name, station] of taps) {
    const parts = samples.flatMap(({ latents }, i) => {
      const value = values[i]?.get(station);
      return value ? [asReference(model, name, value, latents)] : [];
    });
    const got = parts.length === samples.length ? stack(parts) : undefined;
    yield compare(name, got, await golden.reference(name));
  }
}

interface Sample {
  /** `[C, T, Y, X]`. */
  readonly latents: Floats;
  readonly timestep: number;
  /** `[S, ·]`. */
  readonly text: Floats;
}

/** A batch is as many passes: inside our graphs there is no batch axis. */
async function samplesOf(golden: Golden): Promise<readonly Sample[]> {
  const latents = await floatInput(golden, 'in.hidden_states', 5);
  const text = await floatInput(golden, 'in.encoder_hidden_states', 3);
  const { shape, data } = await golden.input('in.timestep');
  const [batch = 0] = latents.shape;
  if (shape.join() !== `${batch}`) {
    throw unsupported(golden, `in.timestep [${shape.join(', ')}]`, `one timestep per sample, [${batch}]`);
  }
  return Array.from(Float32Array.from(data, Number), (timestep, i) => ({
    latents: sample(latents, i),
    timestep,
    text: sample(text, i),
  }));
}

/** Runs one pass; values by station, each with its first axis. */
async function forward(
  { spec, weights, config }: GoldenWan,
  { latents, timestep, text }: Sample,
  stations: readonly string[],
): Promise<ReadonlyMap<string, Numbers>> {
  const values = new Map<string, Numbers>();
  const capture = captureStations({
    ...inLineOrder(stations, config.blocks),
    keep: (station, value) => values.set(station, value),
  });
  const grid = gridOf(latents);
  const plan = makePlan({
    phases: [{ name: 'forward', spec, weights, from: 0, to: 1, guidance: only() }],
    grid,
    lengths: { S: text.shape[0] ?? 0 },
    // A single step whose end nobody looks at.
    schedule: { name: 'one-forward', sigmas: [1, 0], timesteps: [timestep] },
    sampler: euler(),
    plugins: [capture],
    settings: await goldenSettings(),
  });
  const start = spec.patchify({ video: latents }, grid);
  await denoise({ plan, latents: start, conditions: { cond: { text } }, threads: THREADS });
  return values;
}

/** Our value in the layout that the reference recorded it in, without its batch axis. */
function asReference({ spec, config }: GoldenWan, name: string, value: Numbers, latents: Floats): Numbers {
  const grid = gridOf(latents);
  const { shape, data } = value;
  switch (name) {
    case 'tap.patch_embedding':
      return asVolume(value, config.width, grid);
    case 'tap.time_embed':
    case 'tap.time_embed.in':
      return { shape: shape.slice(1), data };
    case 'tap.patch_embedding.in':
    case 'out.velocity': {
      const rows = { type: 'float32' as const, shape, data: Float32Array.from(data) };
      return floatsOf(spec.unpatchify({ video: rows }, grid).video);
    }
    default:
      return value;
  }
}
