/** A model adapter in one file, as `skipstone --adapter ./own-model.ts` reads it; run by itself, it proves itself. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as core from '@skipstone/core';
import { modelLaws, plain, temporaryFolder } from '@skipstone/core/testing';
import * as goldens from '@skipstone/golden';

// The adapter: numbers, and one pass in the order of its reference.
const [D, BLOCKS, CHANNELS, TEXT, EPS, TIME] = [12, 2, 2, 5, 1e-6, 5];
const [P, SQUARE, GRID] = [4 * CHANNELS, { in: D, out: D }, { frames: 2, height: 4, width: 4 }];

const spec: core.ModelSpec = {
  name: 'tiny-dit',
  streams: { video: { patch: P, width: D } },
  blocks: BLOCKS,
  conditions: { text: { shape: ['S', TEXT] } },
  clocks: { time: { stream: 'video', rows: 'one' } },
  variants: [],
  tableSpecs: { positions: { stream: 'video', width: D } },
  tables: (grid) => ({ positions: numbers(0, spec.rows(grid).video ?? 0, D) }),
  rows: ({ frames, height, width }) => ({ video: (frames * height * width) / 4 }),
  patchify: ({ video }, grid) => (video ? { video: core.patchify(video, CHANNELS, grid) } : {}),
  unpatchify: ({ video }, grid) => (video ? { video: core.unpatchify(video, CHANNELS, grid) } : {}),
  emit(p) {
    const time = p.cos('wave', p.reshape('time', p.clock('time'), [1, 1]));
    const parts = p.linear('time_proj', time, { in: 1, out: 3 * D });
    const where = p.ownRows('video', 'own_positions', p.table('positions'));
    let hidden = p.add('placed', p.linear('patch_embed', p.latents('video'), { in: P, out: D }), where);
    p.station('embed', { video: hidden });
    for (let i = 0; i < BLOCKS; i++) hidden = emitBlock(p, `blocks.${i}`, hidden, parts);
    p.station('trunk', { video: hidden });
    p.output('video', p.linear('head', p.layerNorm('norm_out', hidden, { eps: EPS }), { in: D, out: P }));
  },
};

type V = core.Value;
function emitBlock(p: core.PassBuilder, at: string, hidden: V, parts: V): V {
  const part = (i: number): V => p.slice(`${at}.part${i}`, parts, { axis: 1, from: i * D, to: (i + 1) * D });
  const linear = (path: string, x: V, width = SQUARE): V => p.linear(`${at}.${path}`, x, width);
  const x = p.modulatedNorm(`${at}.norm1`, hidden, { eps: EPS, scale: part(1), shift: part(0) });
  const keys = p.allRows('video', `${at}.keys`, linear('attn1.to_k', x));
  const values = p.allRows('video', `${at}.values`, linear('attn1.to_v', x));
  const self = p.attention(`${at}.attn1`, { q: linear('attn1.to_q', x), k: keys, v: values, heads: 1 });
  p.tap(`${at}.attn_out`, { video: self });
  const seen = p.add(`${at}.seen`, hidden, p.mul(`${at}.gated`, self, part(2)));
  const read = (side: string): V => linear(`attn2.to_${side}`, p.condition('text'), { in: TEXT, out: D });
  const cross = p.attention(`${at}.attn2`, { q: seen, k: read('k'), v: read('v'), heads: 1 });
  p.tap(`${at}.cross_attn_out`, { video: cross });
  const out = p.add(`${at}.out`, seen, cross);
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
const forward: goldens.Verifier = {
  name: 'tiny DiT, forward',
  kind: 'forward',
  accepts: ({ config }) => config._class_name === 'TinyDiT',
  async *verify(golden) {
    const video = await goldens.floatInput(golden, 'in.latents', 2);
    const text = await goldens.floatInput(golden, 'in.text', 2);
    const taps = goldens.tapStations(golden, { blocks: BLOCKS });
    const values = new Map<string, goldens.Numbers>();
    const model = core.openModel(spec, await golden.model());
    const plan = core.makePlan({
      phases: [{ name: 'one', ...model, from: 0, to: 1, guidance: core.only() }],
      ...{ grid: GRID, lengths: { S: 3 }, sampler: core.euler(), settings: await goldens.goldenSettings() },
      schedule: { name: 'one', sigmas: [1, 0], timesteps: [TIME] },
      plugins: [goldens.captureStations({ ...taps, keep: (at, value) => values.set(at, value) })],
    });
    await core.denoise({ plan, latents: { video }, conditions: { cond: { text } } });
    for (const [name, at] of taps.of)
      yield goldens.compare(name, values.get(at), await golden.reference(name));
  },
};
export const verifiers = [forward];

// In the place of its authors: made-up weights, a forward in plain float64, and the golden folder of both.
function numbers(seed: number, ...shape: number[]): core.HostTensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, (_, i) => Math.sin(seed + 7 * i ** 2) / 2);
  return { type: 'float32', shape, data };
}

export async function recordGolden(folder: string): Promise<void> {
  const [latents, text] = [numbers(91, 8, P), numbers(92, 3, TEXT)];
  const weights: Record<string, core.HostTensor> = {};
  const io: Record<string, core.HostTensor> = { 'in.latents': latents, 'in.text': text };
  const kept = (x: plain.Tensor) => ({ ...x, type: 'float32', data: Float32Array.from(x.data) }) as const;
  const linear = (path: string, x: plain.Stored, out = D): plain.Tensor => {
    const seed = Object.keys(weights).length;
    const [weight, bias] = [numbers(seed, out, plain.width(x)), numbers(seed + 1, out)];
    Object.assign(weights, { [`${path}.weight`]: weight, [`${path}.bias`]: bias });
    return plain.linear(plain.of(x), weight, bias);
  };
  const clock = linear('time_proj', plain.ofRows([[Math.cos(TIME)]]), 3 * D);
  const part = (i: number): plain.Tensor => plain.part(clock, i, D);
  let hidden = plain.add(linear('patch_embed', latents), plain.of(numbers(0, 8, D)));
  for (const at of ['blocks.0', 'blocks.1']) {
    const x = plain.modulate(plain.layerNorm(hidden, EPS), part(0), part(1));
    const read = (to: string, from: plain.Stored): plain.Tensor => linear(`${at}.${to}`, from);
    const self = plain.attention(read('attn1.to_q', x), read('attn1.to_k', x), read('attn1.to_v', x), 1);
    const seen = plain.add(hidden, plain.times(self, part(2)));
    const cross = plain.attention(seen, read('attn2.to_k', text), read('attn2.to_v', text), 1);
    hidden = plain.add(seen, cross);
    Object.assign(io, { [`tap.${at}.attn1`]: kept(self), [`tap.${at}.attn2`]: kept(cross) });
  }
  io['out.velocity'] = kept(linear('head', plain.layerNorm(hidden, EPS), P));
  const tensors = Object.fromEntries(Object.entries(io).map(([name, x]) => [name, [x.type, x.shape]]));
  const about = { what: 'one forward', kind: 'forward', reference: { plain: '1' }, seed: 0, tensors };
  await writeFile(`${folder}/case.json`, JSON.stringify(about));
  await writeFile(`${folder}/config.json`, JSON.stringify({ _class_name: 'TinyDiT' }));
  await core.writeSafetensors(`${folder}/model.safetensors`, weights);
  await core.writeSafetensors(`${folder}/io.safetensors`, io);
}

// The proof: its golden folder, then the laws. Then a run.
async function prove(): Promise<void> {
  const folder = await temporaryFolder('own-model');
  await recordGolden(folder);
  const checked = await goldens.checkGolden(folder, verifiers);
  for (const { name, error } of checked) console.log(`${name} ${error.toExponential(1)}`);
  if (goldens.missed(checked).length > 0) throw new Error(`off: ${goldens.missed(checked)}`);
  const model = await open(`${folder}/model.safetensors`);
  const conditions = { cond: { text: numbers(92, 3, TEXT) }, uncond: { text: numbers(93, 3, TEXT) } };
  const [latents, models] = [{ video: numbers(94, 2, 2, 4, 4) }, model.phases.map((phase) => phase.model)];
  const subject = { name: spec.name, models, grid: GRID, lengths: { S: 3 }, conditions, latents };
  for (const { name, check } of modelLaws(subject)) {
    await check();
    console.log(`holds: ${name}`);
  }
  const run = await core.generate(model, { embeds: conditions, seed: 1 }).result;
  console.log(`latents of a run: [${run.latents.video?.shape.join(', ')}]`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prove();
