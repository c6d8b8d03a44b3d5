import {
  axialRotary,
  axisWidths,
  type ClockCall,
  type Given,
  type Grid,
  type HostTensor,
  type ModelSpec,
  type PassBuilder,
  patchify,
  type Streams,
  type TableSpec,
  unpatchify,
  type Value,
} from '@skipstone/core';
import { emitBlock } from './block.js';
import { CLOCK, emitClock, modulation } from './clock.js';
import type { CosmosConfig } from './config.js';
import { emitPositions, POSITIONS, positionTables } from './positions.js';

export interface CosmosOptions {
  /**
   * Frames a second: positions of frames are stretched by 24 over it. Left out, they are not, as the released
   * checkpoints were run; diffusers always passes 16 for video to world, which its issue 14768 calls a bug.
   */
  readonly fps?: number;
}

/** Frames a second that positions of frames count in. Source: `base_fps` of CosmosRotaryPosEmbed, diffusers. */
const BASE_FPS = 24;

/** The noise level k of clean frames, as the model is told it. Source: `sigma_conditioning` of the pipelines. */
const CLEAN = 1e-4;

/** Cosmos-Predict2's transformer. Source: CosmosTransformer3DModel of diffusers 0.40 (58eb52c0). */
export function cosmosTransformer(
  config: CosmosConfig,
  name: string,
  { fps = BASE_FPS }: CosmosOptions = {},
): ModelSpec {
  const { channels, conditionMask, projectedFrom } = config;
  const half = { stream: 'video', width: config.headWidth / 2 };
  const tableSpecs: Record<string, TableSpec> = { 'rotary.cos': half, 'rotary.sin': half };
  for (const mask of masksOf(config)) tableSpecs[mask] = { stream: 'video', width: 4 };
  if (config.learnablePositions) {
    for (const axis of POSITIONS) tableSpecs[axis] = { stream: 'video', width: 1, type: 'int64' };
  }
  return {
    name,
    streams: { video: { patch: 4 * channels, width: config.width, pinned: conditionMask } },
    blocks: config.blocks,
    conditions: { text: { shape: ['S', projectedFrom ?? config.textWidth] } },
    clocks: { [CLOCK]: { stream: 'video', rows: conditionMask ? 'many' : 'one' } },
    variants: [],
    tableSpecs,
    tables: (grid, given) => ({
      ...axialRotary(grid, { headWidth: config.headWidth, bases: bases(config), stretch: BASE_FPS / fps }),
      ...maskTables(config, grid, given),
      ...(config.learnablePositions ? positionTables(grid) : {}),
    }),
    rows: ({ frames, height, width }) => ({ video: (frames * height * width) / 4 }),
    patchify: (latents, grid) => overVideo(latents, (x) => patchify(x, channels, grid)),
    unpatchify: (rows, grid) => overVideo(rows, (x) => unpatchify(x, channels, grid)),
    ...(conditionMask ? { clockRows: (call) => ({ [CLOCK]: clockRows(config, call) }) } : {}),
    emit: (pass) => emitTransformer(pass, config),
  };
}

const overVideo = (streams: Streams<HostTensor>, map: (x: HostTensor) => HostTensor): Streams<HostTensor> =>
  Object.fromEntries(Object.entries(streams).map(([name, value]) => [name, map(value)]));

/** Channels beside the latents', in the order of the patch weight; each has four values a token. */
const masksOf = ({ conditionMask, paddingMask }: CosmosConfig): readonly string[] => [
  ...(conditionMask ? ['condition_mask'] : []),
  ...(paddingMask ? ['padding_mask'] : []),
];

/** 1 where a token is clean; nothing is padded. */
function maskTables(config: CosmosConfig, grid: Grid, { pinned }: Given): Record<string, HostTensor> {
  const rows = (grid.frames * grid.height * grid.width) / 4;
  const mask = (ids: Iterable<number>): HostTensor => {
    const data = new Float32Array(4 * rows);
    for (const row of ids) data.fill(1, 4 * row, 4 * row + 4);
    return { type: 'float32', shape: [rows, 4], data };
  };
  const masks = { condition_mask: mask(pinned?.video?.rows ?? []), padding_mask: mask([]) };
  return Object.fromEntries(Object.entries(masks).filter(([name]) => masksOf(config).includes(name)));
}

/** θ of each axis: 10,000·scale^(d/(d − 2)), d the channels of the axis. */
function bases({ headWidth, ropeScale }: CosmosConfig): readonly [number, number, number] {
  const [dt, dh, dw] = axisWidths(headWidth);
  const base = (scale: number, d: number): number => 10000 * scale ** (d / (d - 2));
  return [base(ropeScale[0], dt), base(ropeScale[1], dh), base(ropeScale[2], dw)];
}

/** The step's timestep, and that of clean tokens: two rows, whatever the number of frames. */
function clockRows({ projectedFrom }: CosmosConfig, { timestep, rows, pinned }: ClockCall) {
  const rowOfToken = new Int32Array(rows.video ?? 0);
  for (const row of pinned.video ?? []) rowOfToken[row] = 1;
  // 2.5 takes the level as it is, 2 as σ/(σ + 1) like every other.
  const clean = projectedFrom === undefined ? CLEAN / (CLEAN + 1) : CLEAN;
  return { values: pinned.video ? [timestep, clean] : [timestep], rowOfToken };
}

function emitTransformer(p: PassBuilder, config: CosmosConfig): void {
  const { width: D, blocks, channels } = config;
  const clock = emitClock(p, config);
  const inputs = {
    clock,
    text: emitText(p, config),
    learned: config.learnablePositions ? emitPositions(p, config) : undefined,
    positions: p.positions('video'),
    cos: p.table('rotary.cos'),
    sin: p.table('rotary.sin'),
  };
  let hidden = emitPatches(p, config);
  p.station('embed', { video: hidden });
  // After this station, where a plugin's cursor begins; nothing is computed here.
  if (config.projectedFrom !== undefined) p.tap('crossattn_proj', { text: inputs.text });
  for (let i = 0; i < blocks; i++) hidden = emitBlock(p, config, i, hidden, inputs);
  p.station('trunk', { video: hidden });

  const [shift, scale] = modulation(p, config, 'norm_out', clock, ['shift', 'scale']);
  const headIn = p.modulatedNorm('norm_out', hidden, { eps: 1e-6, scale, shift });
  p.tap('head_in', { video: headIn });
  p.output('video', p.linear('proj_out', headIn, { in: D, out: 4 * channels, bias: false }));
}

/** No mask: the rows that pad a prompt take part in attention, as they do in the reference. */
function emitText(p: PassBuilder, { projectedFrom, textWidth }: CosmosConfig): Value {
  const text = p.condition('text');
  if (projectedFrom === undefined) return text;
  const projected = p.linear('crossattn_proj.0', text, { in: projectedFrom, out: textWidth });
  return p.gelu('crossattn_proj.act', projected, 'erf');
}

/**
 * Latents and masks as patches. Rows come in the output's order (row, column, channel); the weight wants
 * channel first, so the input is turned around, since the weight is the user's file.
 */
function emitPatches(p: PassBuilder, config: CosmosConfig): Value {
  const at = 'patch_embed.proj';
  const latents = p.latents('video');
  const [rows = 1] = latents.shape;
  const apart = p.reshape(`${at}.apart`, latents, [rows, 4, config.channels]);
  const masks = masksOf(config).map((name) => p.ownRows('video', `${at}.${name}`, p.table(name)));
  const turned = p.reshape(`${at}.flat`, p.transpose(`${at}.turned`, apart, [0, 2, 1]), [
    rows,
    4 * config.channels,
  ]);
  const width = { in: 4 * (config.channels + masks.length), out: config.width, bias: false };
  const patches = masks.length > 0 ? p.concat(`${at}.channels`, [turned, ...masks], 1) : turned;
  return p.linear(at, patches, width);
}
