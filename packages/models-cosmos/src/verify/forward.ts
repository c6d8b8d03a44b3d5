import { denoise, euler, type ModelSpec, makePlan, only } from '@skipstone/core';
import {
  type AddLoras,
  atStrengths,
  type Checked,
  captureStations,
  compare,
  floatInput,
  floatsOf,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  gridOf,
  loraField,
  type Numbers,
  parseFields,
  pinnedFrames,
  sample,
  tapStations,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { CLOCK } from '../clock.js';
import { diffusersName } from '../keys.js';
import {
  assertNoPadding,
  cleanFrames,
  isCosmosCase,
  openGoldenCosmos,
  unsupported,
} from './golden-cosmos.js';

const INPUTS = ['in.hidden_states', 'in.timestep', 'in.encoder_hidden_states', 'in.padding_mask'] as const;

/** What 2.5 has in front of its blocks; the first is what the run is given. */
const TEXT_IN = 'crossattn_proj.in';
const TEXT = { 'tap.crossattn_proj.in': TEXT_IN, 'tap.crossattn_proj': 'crossattn_proj' };

/** One forward of the transformer with everything that was recorded on its way. */
export const forwardVerifier: Verifier = {
  name: 'Cosmos-Predict2, forward',
  kind: 'forward',
  accepts: isCosmosCase,
  verify: (golden) => atStrengths(golden, parseFields(golden, z.strictObject(loraField)).lora, verifyForward),
};

async function* verifyForward(golden: Golden, add: AddLoras): AsyncGenerator<Checked> {
  const { config, ...open } = await openGoldenCosmos(golden, INPUTS);
  const { spec, weights } = await add(open, { renames: diffusersName });
  await assertNoPadding(golden);
  const input = await floatInput(golden, 'in.hidden_states', 5);
  if (input.shape[0] !== 1) throw unsupported(golden, `a batch of ${input.shape[0]}`, 'one sample');
  const latents = sample(input, 0);
  const text = sample(await floatInput(golden, 'in.encoder_hidden_states', 3), 0);
  const frames = config.conditionMask ? await cleanFrames(golden) : 0;
  const grid = gridOf(latents);
  const taps = tapStations(golden, {
    blocks: config.blocks,
    before: TEXT,
    after: { 'tap.proj_out.in': 'head_in' },
  });
  const values = new Map<string, Numbers>([[TEXT_IN, text]]);
  const trunk = taps.trunk.filter((station) => station !== TEXT_IN);
  const plan = makePlan({
    phases: [
      {
        ...{ name: 'forward', weights, from: 0, to: 1, guidance: only() },
        spec: await toldTimes(golden, spec),
        // The model reads pinned frames as they are given: what the case has there.
        given: pinnedFrames(spec, latents, frames),
      },
    ],
    grid,
    lengths: { S: text.shape[0] ?? 0 },
    // A single step whose end nobody looks at.
    schedule: { name: 'one-forward', sigmas: [1, 0], timesteps: [0] },
    sampler: euler(),
    plugins: [captureStations({ ...taps, trunk, keep: (station, value) => values.set(station, value) })],
    settings: await goldenSettings(),
  });
  const start = spec.patchify({ video: latents }, grid);
  await denoise({ plan, latents: start, conditions: { cond: { text } }, threads: GOLDEN_THREADS });
  for (const [name, station] of taps.of) {
    const value = values.get(station);
    const rows = value && { type: 'float32' as const, ...value, data: Float32Array.from(value.data) };
    const own =
      name === 'out.velocity' && rows ? floatsOf(spec.unpatchify({ video: rows }, grid).video) : value;
    const got = own && { shape: [1, ...own.shape], data: own.data };
    yield compare(name, got, await golden.reference(name));
  }
}

/** The model with the case's own timesteps, one or one a latent frame: cases may have any. */
async function toldTimes(golden: Golden, spec: ModelSpec): Promise<ModelSpec> {
  const { shape, data } = await golden.input('in.timestep');
  const values = Array.from(Float32Array.from(data, Number));
  const perFrame = shape.length === 5;
  if (perFrame !== (spec.clocks[CLOCK]?.rows === 'many') || (!perFrame && values.length !== 1)) {
    throw unsupported(
      golden,
      `in.timestep [${shape.join(', ')}]`,
      'one timestep, or one a latent frame with a mask',
    );
  }
  return {
    ...spec,
    clockRows: ({ rows: { video: rows = 0 } }) => ({
      [CLOCK]: {
        values,
        rowOfToken: Int32Array.from({ length: rows }, (_, row) => Math.floor((row * values.length) / rows)),
      },
    }),
  };
}
