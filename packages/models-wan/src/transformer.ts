import type { HostTensor, ModelSpec, PassBuilder, Streams, Value } from '@skipstone/core';
import { emitBlock } from './block.js';
import type { WanConfig } from './config.js';
import { patchify, unpatchify } from './patch.js';
import { rotaryTables } from './rope.js';

/** Wan2.1's text-to-video transformer. Source: WanTransformer3DModel of diffusers 0.40 (58eb52c0). */
export function wanTransformer(config: WanConfig, name: string): ModelSpec {
  const half = config.headWidth / 2;
  const table = { stream: 'video', width: half };
  return {
    name,
    streams: { video: { patch: 4 * config.channels, width: config.width } },
    blocks: config.blocks,
    conditions: { text: { shape: ['S', config.textWidth] } },
    clocks: { time: { stream: 'video', rows: 'one' } },
    variants: [],
    tableSpecs: { 'rotary.cos': table, 'rotary.sin': table },
    tables: (grid) => rotaryTables(config, grid),
    rows: ({ frames, height, width }) => ({ video: (frames * height * width) / 4 }),
    patchify: (latents, grid) => overVideo(latents, (x) => patchify(x, config.channels, grid)),
    unpatchify: (rows, grid) => overVideo(rows, (x) => unpatchify(x, config.channels, grid)),
    emit: (pass) => emitTransformer(pass, config),
  };
}

function overVideo(streams: Streams<HostTensor>, map: (x: HostTensor) => HostTensor): Streams<HostTensor> {
  return Object.fromEntries(Object.entries(streams).map(([name, value]) => [name, map(value)]));
}

function emitTransformer(p: PassBuilder, config: WanConfig): void {
  const { width: D, blocks, eps, channels } = config;
  const clock = emitClock(p, config);
  const text = emitText(p, config);
  let hidden = emitPatches(p, config);
  p.station('embed', { video: hidden });
  // The clock's taps come after this station, where a plugin's cursor begins; nothing is computed here.
  p.tap('time_embed.in', { time: clock.waves });
  p.tap('time_embed', { time: clock.embedding });
  const inputs = {
    modulation: clock.modulation,
    text,
    positions: p.positions('video'),
    cos: p.table('rotary.cos'),
    sin: p.table('rotary.sin'),
  };
  for (let i = 0; i < blocks; i++) hidden = emitBlock(p, config, i, hidden, inputs);
  p.station('trunk', { video: hidden });

  const table = p.weight('scale_shift_table', [1, 2, D], [2, D]);
  const modulation = p.add('head.modulation', table, clock.embedding);
  const shift = p.slice('head.shift', modulation, 0, 0, 1);
  const scale = p.slice('head.scale', modulation, 0, 1, 2);
  const headIn = p.modulatedNorm('norm_out', hidden, eps, scale, shift);
  p.tap('head_in', { video: headIn });
  const out = p.linear('proj_out', headIn, { in: D, out: 4 * channels });
  p.output('video', out);
}

interface Clock {
  readonly waves: Value;
  readonly embedding: Value;
  readonly modulation: Value;
}

/**
 * The embedding of the timestep `[1, D]` drives the head; its activation, projected to `[6, D]`, drives the
 * blocks. Sinusoid: cosines first, frequencies 10000^(−i/(n/2)).
 */
function emitClock(p: PassBuilder, config: WanConfig): Clock {
  const { width: D, frequencies: n } = config;
  const at = 'condition_embedder';
  const table = Array.from({ length: n / 2 }, (_, i) => Math.fround(10000 ** (-i / (n / 2))));
  const angles = p.mul(`${at}.angles`, p.clock('time'), p.constant(`${at}.frequencies`, table, [1, n / 2]));
  const waves = p.concat(`${at}.sinusoid`, [p.cos(`${at}.cos`, angles), p.sin(`${at}.sin`, angles)], 1);
  const first = p.linear(`${at}.time_embedder.linear_1`, waves, { in: n, out: D });
  const active = p.silu(`${at}.time_embedder.act`, first);
  const embedding = p.linear(`${at}.time_embedder.linear_2`, active, { in: D, out: D });
  const projected = p.linear(`${at}.time_proj`, p.silu(`${at}.act`, embedding), { in: D, out: 6 * D });
  return { waves, embedding, modulation: p.reshape(`${at}.modulation`, projected, [6, D]) };
}

/** No mask: the zero rows that pad a prompt take part in attention, as they do in the reference. */
function emitText(p: PassBuilder, config: WanConfig): Value {
  const at = 'condition_embedder.text_embedder';
  const first = p.linear(`${at}.linear_1`, p.condition('text'), { in: config.textWidth, out: config.width });
  const active = p.gelu(`${at}.act`, first, 'tanh');
  return p.linear(`${at}.linear_2`, active, { in: config.width, out: config.width });
}

/**
 * The patch convolution as a product. Rows come in the output's order (row, column, channel); the weight
 * wants channel first, so the input is turned around, since the weight is the user's file.
 */
function emitPatches(p: PassBuilder, config: WanConfig): Value {
  const { width: D, channelsIn: C } = config;
  const latents = p.latents('video');
  const [rows = 1] = latents.shape;
  const apart = p.reshape('patch_embedding.apart', latents, [rows, 2, 2, C]);
  const turned = p.transpose('patch_embedding.turned', apart, [0, 3, 1, 2]);
  const flat = p.reshape('patch_embedding.flat', turned, [rows, 4 * C]);
  return p.linear('patch_embedding', flat, { in: 4 * C, out: D }, { weightShape: [D, C, 1, 2, 2] });
}
