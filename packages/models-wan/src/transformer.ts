import type { ClockCall, ClockRows, HostTensor, ModelSpec, PassBuilder, Streams } from '@skipstone/core';
import { axialRotary, patchify, unpatchify } from '@skipstone/core';
import { emitBlock } from './block.js';
import type { WanConfig } from './config.js';
import { CONDITION, emitImage, emitPatches, emitText } from './embed.js';
import { emitClock } from './emit-clock.js';
import { CLOCK, modulationPart } from './modulation.js';

/** Wan's transformer, text or image to video. Source: WanTransformer3DModel of diffusers 0.40 (58eb52c0). */
export function wanTransformer(config: WanConfig, name: string): ModelSpec {
  const { channels, channelsIn, imageWidth, firstFrame } = config;
  const angles = { stream: 'video', width: config.headWidth / 2 };
  const condition = { stream: 'video', width: 4 * (channelsIn - channels), given: true };
  return {
    name,
    streams: { video: { patch: 4 * channels, width: config.width, pinned: firstFrame } },
    blocks: config.blocks,
    conditions: {
      text: { shape: ['S', config.textWidth] },
      ...(imageWidth ? { image: { shape: ['I', imageWidth] } } : {}),
    },
    clocks: { [CLOCK]: { stream: 'video', rows: firstFrame ? 'many' : 'one' } },
    ...(firstFrame ? { clockRows } : {}),
    variants: [],
    tableSpecs: {
      'rotary.cos': angles,
      'rotary.sin': angles,
      ...(channelsIn > channels ? { [CONDITION]: condition } : {}),
    },
    tables: (grid) => axialRotary(grid, config),
    rows: ({ frames, height, width }) => ({ video: (frames * height * width) / 4 }),
    patchify: (latents, grid) => overVideo(latents, (x) => patchify(x, channels, grid)),
    unpatchify: (rows, grid) => overVideo(rows, (x) => unpatchify(x, channels, grid)),
    emit: (pass) => emitTransformer(pass, config),
  };
}

/** Tokens that were given stand at timestep 0, all others at the step's. */
function clockRows({ timestep, rows, pinned }: ClockCall): Readonly<Record<string, ClockRows>> {
  const given = pinned.video ?? [];
  if (given.length === 0) return { [CLOCK]: { values: [timestep] } };
  const rowOfToken = new Int32Array(rows.video ?? 0);
  for (const row of given) rowOfToken[row] = 1;
  return { [CLOCK]: { values: [timestep, 0], rowOfToken } };
}

function overVideo(streams: Streams<HostTensor>, map: (x: HostTensor) => HostTensor): Streams<HostTensor> {
  return Object.fromEntries(Object.entries(streams).map(([name, value]) => [name, map(value)]));
}

function emitTransformer(p: PassBuilder, config: WanConfig): void {
  const { width: D, blocks, eps, channels } = config;
  const clock = emitClock(p, config);
  const text = emitText(p, config);
  const image = emitImage(p, config);
  const { patches, hidden: embedded } = emitPatches(p, config);
  p.station('embed', { video: embedded });
  // These taps come after this station, where a plugin's cursor begins; nothing is computed here.
  p.tap('patches', { video: patches });
  p.tap('time_embed.in', { time: clock.waves });
  p.tap('time_embed', { time: clock.embedding });
  const inputs = {
    modulation: clock.modulation,
    text,
    image,
    positions: p.positions('video'),
    cos: p.table('rotary.cos'),
    sin: p.table('rotary.sin'),
  };
  let hidden = embedded;
  for (let i = 0; i < blocks; i++) hidden = emitBlock(p, config, i, hidden, inputs);
  p.station('trunk', { video: hidden });

  const rows = clock.embedding.shape[0] ?? 1;
  const ofHead = p.reshape('head.embedding', clock.embedding, [rows, 1, D]);
  const modulation = p.add('head.modulation', p.weight('scale_shift_table', [1, 2, D]), ofHead);
  const shift = modulationPart(p, 'head.shift', modulation, 0);
  const scale = modulationPart(p, 'head.scale', modulation, 1);
  const headIn = p.modulatedNorm('norm_out', hidden, { eps, scale, shift });
  p.tap('head_in', { video: headIn });
  const out = p.linear('proj_out', headIn, { in: D, out: 4 * channels });
  p.output('video', out);
}
