import type { Grid, HostTensor } from '@skipstone/core';
import type { LtxConfig, LtxRotary } from './config.js';

const fround = Math.fround;

/** Positions of tokens on the axes of a table, each `[N]`, and where the range of an axis ends. */
interface Axes {
  readonly positions: readonly Float32Array[];
  readonly most: readonly number[];
}

/** What a table is named after: self-attention of either stream, and attention between them. */
export const TABLES = ['video', 'audio', 'cross_video', 'cross_audio'] as const;
export type RotaryTable = (typeof TABLES)[number];

export const streamOfTable = (table: RotaryTable): 'video' | 'audio' =>
  table.endsWith('video') ? 'video' : 'audio';

/** Angles in a row of a table: half the channels of all heads together. */
export const anglesOf = (config: LtxConfig, table: RotaryTable): number =>
  (table === 'video' ? config.video.width : config.audio.width) / 2;

export interface Lengths {
  /** Frames of the video a second. */
  readonly fps: number;
  /** Tokens of audio. */
  readonly audio: number;
}

/** `rotary.<table>.cos` and `.sin` of all four, `[N, H·K/2]`. */
export function rotaryTables(config: LtxConfig, grid: Grid, lengths: Lengths): Record<string, HostTensor> {
  const { rotary } = config;
  const video = videoPositions(rotary, grid, lengths.fps);
  const audio = audioPositions(rotary, lengths.audio);
  const [longest] = rotary.most;
  const shared = Math.max(longest, rotary.mostAudio);
  const axes: Record<RotaryTable, Axes> = {
    video: { positions: video, most: rotary.most },
    audio: { positions: [audio], most: [rotary.mostAudio] },
    cross_video: { positions: video.slice(0, 1), most: [shared] },
    cross_audio: { positions: [audio], most: [shared] },
  };
  return Object.fromEntries(
    TABLES.flatMap((table) => {
      const { cos, sin } = cosSin(axes[table], anglesOf(config, table), rotary.theta);
      return [
        [`rotary.${table}.cos`, cos],
        [`rotary.${table}.sin`, sin],
      ];
    }),
  );
}

/**
 * Angles of each token: frequency by frequency, axis by axis, zeros before them up to `width`. Everything is
 * rounded to float32 after every operation but the frequencies, which are float64 until they are done: angles
 * reach 15,675, where float32 lies 0.001 apart, so the rounding is part of the model.
 */
export function cosSin({ positions, most }: Axes, width: number, theta: number) {
  const perAxis = Math.floor(width / most.length);
  const frequencies = Array.from({ length: perAxis }, (_, j) =>
    fround(perAxis === 1 ? Math.PI / 2 : theta ** (j / (perAxis - 1)) * (Math.PI / 2)),
  );
  const rows = positions[0]?.length ?? 0;
  const pad = width - perAxis * most.length;
  const cos = new Float32Array(rows * width).fill(1);
  const sin = new Float32Array(rows * width);
  for (const [axis, places] of positions.entries()) {
    for (const [row, place] of places.entries()) {
      const u = fround(fround(fround(place / (most[axis] ?? 1)) * 2) - 1);
      for (const [j, frequency] of frequencies.entries()) {
        const angle = fround(u * frequency);
        const at = row * width + pad + j * most.length + axis;
        cos[at] = Math.cos(angle);
        sin[at] = Math.sin(angle);
      }
    }
  }
  const table = (data: Float32Array): HostTensor => ({ type: 'float32', shape: [rows, width], data });
  return { cos: table(cos), sin: table(sin) };
}

const middle = (start: number, end: number): number => fround(fround(start + end) / 2);

/** Middles of tokens: seconds, rows and columns of pixels; tokens run over frames, rows, columns. */
function videoPositions(rotary: LtxRotary, { frames, height, width }: Grid, fps: number): Float32Array[] {
  const [perFrame, perRow, perColumn] = rotary.scale;
  const seconds = (frame: number): number =>
    fround(Math.max(frame * perFrame + rotary.causalOffset - perFrame, 0) / fps);
  const of = (position: (row: number) => number): Float32Array =>
    Float32Array.from({ length: frames * height * width }, (_, row) => position(row));
  const frameOf = (row: number): number => Math.floor(row / (height * width));
  const rowOf = (row: number): number => Math.floor(row / width) % height;
  return [
    of((row) => middle(seconds(frameOf(row)), seconds(frameOf(row) + 1))),
    of((row) => middle(perRow * rowOf(row), perRow * (rowOf(row) + 1))),
    of((row) => middle(perColumn * (row % width), perColumn * ((row % width) + 1))),
  ];
}

/** Middles of audio tokens, in seconds. */
function audioPositions({ audio, causalOffset }: LtxRotary, tokens: number): Float32Array {
  const seconds = (token: number): number => {
    const spectra = Math.max(token * audio.scale + causalOffset - audio.scale, 0);
    return fround(fround(spectra * audio.hop) / audio.rate);
  };
  return Float32Array.from({ length: tokens }, (_, token) => middle(seconds(token), seconds(token + 1)));
}
