import {
  type ClockCall,
  type ClockRows,
  type ClockSpec,
  type Grid,
  type HostTensor,
  type ModelSpec,
  type PassBuilder,
  SkipstoneError,
  type TableSpec,
  type Value,
} from '@skipstone/core';
import { type Both, both, emitBlock, prefix, STREAMS } from './block.js';
import { emitAdaptive, emitModulation, partOf } from './clock.js';
import { type LtxConfig, modulatesText } from './config.js';
import { packLatents, unpackLatents } from './pack.js';
import { anglesOf, type RotaryTable, rotaryTables, streamOfTable, TABLES } from './rotary.js';

/** How a transformer is run; every field has a default. */
export interface LtxOptions {
  /** Frames of the video a second, which positions and the length of the sound depend on. Default 24. */
  readonly fps?: number;
  /** Tokens of audio; as long as the video unless given. */
  readonly audioTokens?: number;
  /** Channels of a latent of sound, the rest of a token being its frequencies. Default 8, or 1 if 8 does not fit. */
  readonly audioChannels?: number;
  /**
   * True (default): what a stream reads of the other is modulated by the other's noise level, as diffusers'
   * pipelines run every checkpoint. False: by its own timestep.
   */
  readonly crossTimestep?: boolean;
  /** Blocks that the variant `skip-attention` perturbs. Default: 28, or 29 for 2.0; the last if there are fewer. */
  readonly perturbedBlocks?: readonly number[];
  /** Clean first frames may be given (image to video): a timestep per token. Default false. */
  readonly firstFrame?: boolean;
  /** Adds the learned embedding of the first latent frame (2.5), as the original does. diffusers does not: default. */
  readonly keyframes?: boolean;
}

/** Source: the pipelines of diffusers 58eb52c0. */
export const FPS = 24;

const KEYFRAMES = 'keyframes_abs_pos_embedding';

/** Tensors of the checkpoint that a pass with these options does not read. */
export const unreadWeights = ({ keyframes = false }: LtxOptions): readonly string[] =>
  keyframes ? [] : [KEYFRAMES];

/** LTX-2's audio-video transformer. Source: LTX2VideoTransformer3DModel of diffusers 0.40 (58eb52c0). */
export function ltxTransformer(config: LtxConfig, name: string, options: LtxOptions = {}): ModelSpec {
  const {
    fps = FPS,
    audioChannels = config.audio.channels % 8 === 0 ? 8 : 1,
    firstFrame = false,
    keyframes = false,
  } = options;
  const audioTokens = (grid: Grid): number => options.audioTokens ?? soundOf(config, grid, fps);
  const textOf = (s: 'video' | 'audio'): number => config.projectedFrom ?? config[s].textWidth;
  const tableSpecs: Record<string, TableSpec> = Object.fromEntries(
    TABLES.flatMap((table) => {
      const spec = { stream: streamOfTable(table), width: anglesOf(config, table) };
      return [
        [`rotary.${table}.cos`, spec],
        [`rotary.${table}.sin`, spec],
      ];
    }),
  );
  if (keyframes) tableSpecs.keyframe = { stream: 'video', width: 1 };
  const sizes = { audioChannels, video: config.video.channels, audio: config.audio.channels };
  return {
    name,
    streams: {
      video: { patch: config.video.channels, width: config.video.width, pinned: firstFrame },
      audio: { patch: config.audio.channels, width: config.audio.width },
    },
    blocks: config.blocks,
    conditions: {
      text: { shape: ['S', textOf('video')] },
      audio_text: { shape: ['S', textOf('audio')] },
    },
    clocks: clocksOf(config, options),
    clockRows,
    variants: ['skip-attention', 'isolated'],
    tableSpecs,
    tables: (grid) => ({
      ...rotaryTables(config, grid, { fps, audio: audioTokens(grid) }),
      ...(keyframes ? { keyframe: firstFrameMask(grid) } : {}),
    }),
    rows: (grid) => ({
      video: grid.frames * grid.height * grid.width,
      audio: audioTokens(grid),
    }),
    patchify: (latents) => packLatents(latents, sizes),
    unpatchify: (rows, grid) => unpackLatents(rows, sizes, grid),
    emit: (pass) => emitTransformer(pass, config, options),
  };
}

/** As many tokens of audio as the video lasts, rounded. Source: the pipelines of diffusers 58eb52c0. */
export function soundOf({ rotary: { scale, audio } }: LtxConfig, { frames }: Grid, fps: number): number {
  const shown = (frames - 1) * scale[0] + 1;
  return Math.round((shown / fps) * (audio.rate / audio.hop / audio.scale));
}

function firstFrameMask({ frames, height, width }: Grid): HostTensor {
  const data = new Float32Array(frames * height * width).fill(1, 0, height * width);
  return { type: 'float32', shape: [data.length, 1], data };
}

/** Noise levels beside timesteps: they differ where tokens stand at timesteps of their own. */
function clocksOf(
  config: LtxConfig,
  { crossTimestep = true, firstFrame = false }: LtxOptions,
): Record<string, ClockSpec> {
  const levels = crossTimestep || (modulatesText(config) && config.promptClock);
  return {
    video: { stream: 'video', rows: firstFrame ? 'many' : 'one' },
    audio: { stream: 'audio', rows: 'one' },
    ...(levels
      ? {
          video_level: { stream: 'video', rows: 'one' },
          audio_level: { stream: 'audio', rows: 'one' },
        }
      : {}),
  };
}

/** Clean tokens stand at timestep 0, all others and both levels at the step's. */
function clockRows({ timestep, rows, pinned }: ClockCall): Readonly<Record<string, ClockRows>> {
  const one = { values: [timestep] };
  const given = pinned.video ?? [];
  const rowOfToken = new Int32Array(rows.video ?? 0);
  for (const row of given) rowOfToken[row] = 1;
  const video = given.length > 0 ? { values: [timestep, 0], rowOfToken } : one;
  return { video, audio: one, video_level: one, audio_level: one };
}

function emitTransformer(p: PassBuilder, config: LtxConfig, options: LtxOptions): void {
  const { crossTimestep = true, keyframes = false } = options;
  const parts = (s: 'video' | 'audio'): number => (config[s].modulatedText ? 9 : 6);
  const time = both((s) =>
    emitAdaptive(p, `${prefix(s)}time_embed`, s, { width: config[s].width, parts: parts(s) }),
  );
  const crossClock = crossTimestep
    ? { video: 'audio_level', audio: 'video_level' }
    : { video: 'video', audio: 'audio' };
  const crossTime = both((s) =>
    emitAdaptive(p, `av_cross_attn_${s}_scale_shift`, crossClock[s], { width: config[s].width, parts: 4 }),
  );
  const crossGate = both((s) =>
    emitAdaptive(p, `av_cross_attn_${s}_${s === 'video' ? 'a2v' : 'v2a'}_gate`, crossClock[s], {
      ...{ width: config[s].width, parts: 1, times: config.gateTime },
    }),
  );
  const promptTime =
    modulatesText(config) && config.promptClock
      ? both((s) =>
          emitAdaptive(p, `${prefix(s)}prompt_adaln`, `${s}_level`, { width: config[s].width, parts: 2 }),
        )
      : undefined;
  const text = { video: emitText(p, config, 'video'), audio: emitText(p, config, 'audio') };
  const turn = (table: RotaryTable) => ({
    positions: p.positions(streamOfTable(table)),
    cos: p.table(`rotary.${table}.cos`),
    sin: p.table(`rotary.${table}.sin`),
  });
  const inputs = {
    ...{ time, crossTime, crossGate, promptTime, text },
    turn: { video: turn('video'), audio: turn('audio') },
    crossTurn: { video: turn('cross_video'), audio: turn('cross_audio') },
    perturbed: perturbedBlocks(config, options),
  };
  let hidden: Both = both((s) =>
    p.linear(`${prefix(s)}proj_in`, p.latents(s), { in: config[s].channels, out: config[s].width }),
  );
  if (keyframes) hidden = { ...hidden, video: emitKeyframe(p, config, hidden.video) };
  p.station('embed', hidden);
  for (let i = 0; i < config.blocks; i++) hidden = emitBlock(p, config, i, hidden, inputs);
  p.station('trunk', hidden);
  emitHead(p, config, hidden, time);
}

/** Encoded text as blocks read it: 2.0 projects it here, once a run; later models in their connectors. */
function emitText(p: PassBuilder, config: LtxConfig, s: 'video' | 'audio'): Value {
  const text = p.condition(`${prefix(s)}text`);
  const { projectedFrom } = config;
  if (projectedFrom === undefined) return text;
  const at = `${prefix(s)}caption_projection`;
  const { textWidth } = config[s];
  const wide = p.linear(`${at}.linear_1`, text, { in: projectedFrom, out: textWidth });
  return p.linear(`${at}.linear_2`, p.gelu(`${at}.act`, wide, 'tanh'), { in: textWidth, out: textWidth });
}

function emitKeyframe(p: PassBuilder, { video: { width } }: LtxConfig, hidden: Value): Value {
  const mask = p.ownRows('video', `${KEYFRAMES}.own`, p.table('keyframe'));
  const rows = p.mul(`${KEYFRAMES}.rows`, mask, p.weight(KEYFRAMES, [1, width]));
  return p.add(`${KEYFRAMES}.sum`, hidden, rows);
}

function emitHead(
  p: PassBuilder,
  config: LtxConfig,
  hidden: Both,
  time: Both<ReturnType<typeof emitAdaptive>>,
): void {
  const into = both((s) => {
    const { width } = config[s];
    const name = `${prefix(s)}scale_shift_table`;
    const { clock, embedding } = time[s];
    const [rows = 1] = embedding.shape;
    const rowsOf = p.reshape(`${name}.embedding`, embedding, [rows, 1, width]);
    const table = p.weight(name, [2, width], [1, 2, width]);
    const modulation = emitModulation(p, `${name}.sum`, table, { clock, embedding, parts: rowsOf });
    const shift = partOf(p, `${name}.shift`, modulation, 0);
    const scale = partOf(p, `${name}.scale`, modulation, 1);
    return p.modulatedNorm(`${prefix(s)}norm_out`, hidden[s], { eps: HEAD_EPS, scale, shift });
  });
  p.tap('head_in', into);
  for (const s of STREAMS) {
    const { width, channels } = config[s];
    p.output(s, p.linear(`${prefix(s)}proj_out`, into[s], { in: width, out: channels }));
  }
}

const HEAD_EPS = 1e-6;

/** Source: the recommendation of diffusers' and the original pipelines, 29 for 2.0 and 28 for later models. */
export function perturbedBlocks(config: LtxConfig, options: LtxOptions): readonly number[] {
  const usual = modulatesText(config) ? 28 : 29;
  const asked = options.perturbedBlocks ?? [Math.min(usual, config.blocks - 1)];
  const known = asked.every((block) => Number.isInteger(block) && block >= 0 && block < config.blocks);
  if (known && asked.length > 0) return asked;
  throw new SkipstoneError({
    code: 'ltx-perturbed',
    what: 'LTX-2: the perturbed blocks are not blocks of the model',
    have: asked.join(', ') || 'none',
    need: `one at least, from 0 to ${config.blocks - 1}`,
    do: 'leave perturbedBlocks out, and set stg to 0 to perturb nothing',
  });
}
