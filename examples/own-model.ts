/** A model adapter in one file, as `skipstone --adapter ./own-model.ts` reads it; run by itself, it proves itself. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as core from '@skipstone/core';
import * as testing from '@skipstone/core/testing';
import { positions, recordGolden, some, tensor } from './reference/tiny-dit.js';

// The adapter: numbers, and one pass in the order of its reference.
const [D, WIDE, BLOCKS, CHANNELS, TEXT, EPS] = [12, 24, 2, 2, 5, 1e-6];
const [P, WAVES, SQUARE] = [4 * CHANNELS, [1, 0.1, 0.01, 0.001], { in: D, out: D }];
const GRID = { frames: 2, height: 4, width: 4 };

export const spec: core.ModelSpec = {
  name: 'tiny-dit',
  streams: { video: { patch: P, width: D } },
  blocks: BLOCKS,
  conditions: { text: { shape: ['S', TEXT] } },
  clocks: { time: { stream: 'video', rows: 'one' } },
  variants: [],
  tableSpecs: { positions: { stream: 'video', width: D } },
  tables: (grid) => ({ positions: tensor(positions(spec.rows(grid).video ?? 0, D)) }),
  rows: ({ frames, height, width }) => ({ video: (frames * height * width) / 4 }),
  patchify: ({ video }, grid) => (video ? { video: core.patchify(video, CHANNELS, grid) } : {}),
  unpatchify: ({ video }, grid) => (video ? { video: core.unpatchify(video, CHANNELS, grid) } : {}),
  emit(p) {
    const time = p.reshape('time', p.clock('time'), [1, 1]);
    const waves = p.cos('waves', p.mul('angles', time, p.constant('frequencies', WAVES, [1, 4])));
    const parts = p.linear('time_proj', waves, { in: 4, out: 3 * D });
    const text = p.linear('text_proj', p.condition('text'), { in: TEXT, out: D });
    const where = p.ownRows('video', 'own_positions', p.table('positions'));
    let hidden = p.add('placed', p.linear('patch_embed', p.latents('video'), { in: P, out: D }), where);
    p.station('embed', { video: hidden });
    for (let i = 0; i < BLOCKS; i++) hidden = emitBlock(p, `blocks.${i}`, hidden, text, parts);
    p.station('trunk', { video: hidden });
    p.output('video', p.linear('head', p.layerNorm('norm_out', hidden, EPS), { in: D, out: P }));
  },
};

type V = core.Value;
function emitBlock(p: core.PassBuilder, at: string, hidden: V, text: V, parts: V): V {
  const part = (i: number): V => p.slice(`${at}.part${i}`, parts, 1, i * D, (i + 1) * D);
  const linear = (path: string, x: V): V => p.linear(`${at}.${path}`, x, SQUARE);
  const x = p.modulatedNorm(`${at}.norm1`, hidden, EPS, part(1), part(0));
  const keys = p.allRows('video', `${at}.keys`, linear('attn1.to_k', x));
  const values = p.allRows('video', `${at}.values`, linear('attn1.to_v', x));
  const self = p.attention(`${at}.attn1`, linear('attn1.to_q', x), keys, values, 1);
  p.tap(`${at}.attn_out`, { video: self });
  const seen = p.add(`${at}.seen`, hidden, p.mul(`${at}.gated`, self, part(2)));
  const cross = p.attention(`${at}.attn2`, seen, linear('attn2.to_k', text), linear('attn2.to_v', text), 1);
  p.tap(`${at}.cross_attn_out`, { video: cross });
  const read = p.add(`${at}.read`, seen, cross);
  const wide = p.gelu(`${at}.gelu`, p.linear(`${at}.ff.0`, read, { in: D, out: WIDE }), 'tanh');
  const out = p.add(`${at}.out`, read, p.linear(`${at}.ff.2`, wide, { in: WIDE, out: D }));
  p.station(at, { video: out });
  return out;
}

// Its opening: what `generate` takes. Reads headers; every tensor must be claimed.
export async function open(path: string): Promise<core.VideoModel> {
  const sizes = { side: 8, framesPerLatent: 4, positions: [8, 8, 8] } as const;
  const defaults = { width: 32, height: 32, frames: 5, framesPerSecond: 8, steps: 4, guidance: 5, shift: 3 };
  const schedules = { euler: 'euler-flow', unipc: 'unipc-flow' } as const;
  return {
    ...{ name: spec.name, origin: path },
    phases: [{ name: 'denoise', model: core.openModel(spec, await core.openCheckpoint(path)) }],
    defaults: { ...defaults, guidanceForm: 'uncond', sampler: 'unipc', schedules },
    grid: (asked) => core.latentGrid(spec.name, asked, sizes),
    latentShape: ({ frames, height, width }) => ({ video: [CHANNELS, frames, height, width] }),
  };
}

// Its verifier: a recorded forward, value by value.
const forward: testing.Verifier = {
  name: 'tiny DiT, forward',
  kind: 'forward',
  accepts: ({ config }) => config._class_name === 'TinyDiT',
  async *verify(golden) {
    const video = await testing.floatInput(golden, 'in.latents', 2);
    const text = await testing.floatInput(golden, 'in.text', 2);
    const taps = testing.tapStations(golden, { blocks: BLOCKS });
    const values = new Map<string, testing.Numbers>();
    const model = core.openModel(spec, await golden.model());
    const plan = core.makePlan({
      phases: [{ name: 'one', ...model, from: 0, to: 1, guidance: core.only() }],
      ...{ grid: GRID, lengths: { S: 3 }, sampler: core.euler(), settings: await testing.goldenSettings() },
      schedule: { name: 'one', sigmas: [1, 0], timesteps: [500] },
      plugins: [testing.captureStations({ ...taps, keep: (at, value) => values.set(at, value) })],
    });
    await core.denoise({ plan, latents: { video }, conditions: { cond: { text } } });
    for (const [name, at] of taps.of)
      yield testing.compare(name, values.get(at), await golden.reference(name));
  },
};

export const verifiers = [forward];

// The proof: a case of its reference, then the laws. Then a run.
async function prove(): Promise<void> {
  const folder = await recordGolden(spec);
  const golden = await testing.openGolden(folder);
  for await (const checked of testing.verifyGolden(golden, testing.chooseVerifier(golden, verifiers))) {
    console.log(`${checked.name} ${checked.error.toExponential(1)}`);
    if (testing.isMiss(checked, 1e-4)) throw new Error(`${checked.name} is off`);
  }
  const model = await open(join(folder, 'model.safetensors'));
  const conditions = {
    cond: { text: tensor(some(3, TEXT, 92)) },
    uncond: { text: tensor(some(3, TEXT, 93)) },
  };
  const subject = {
    ...{ name: spec.name, models: model.phases.map((phase) => phase.model), grid: GRID, lengths: { S: 3 } },
    conditions,
    latents: { video: tensor(some(2, 32, 94), [2, 2, 4, 4]) },
  };
  for (const { name, check } of testing.modelLaws(subject)) {
    await check();
    console.log(`holds: ${name}`);
  }
  const { latents } = await core.generate(model, { embeds: conditions, seed: 1 }).result;
  console.log(`latents of a run: [${latents.video?.shape.join(', ')}]`);
  await rm(folder, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prove();
