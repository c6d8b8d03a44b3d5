import type { Grid, HostTensor } from '@skipstone/core';
import type { WanConfig } from './config.js';

const BASE = 10000;

/**
 * Angles of every token, `[N, K/2]`: the channels of a head are split over frames, rows and columns of
 * patches, dt = K − 2·dh, dh = dw = 2·⌊K/6⌋, and an axis of d channels at position p has the angles
 * p·10000^(−2j/d). float64 throughout, rounded once.
 */
export function rotaryTables(config: WanConfig, grid: Grid): Record<'rotary.cos' | 'rotary.sin', HostTensor> {
  const { headWidth } = config;
  const across = 2 * Math.floor(headWidth / 6);
  const [t, y, x] = [headWidth - 2 * across, across, across].map(frequencies);
  const [T, Y, X] = [grid.frames, grid.height / 2, grid.width / 2];
  const half = headWidth / 2;
  const shape = [T * Y * X, half];
  const cos = new Float32Array(T * Y * X * half);
  const sin = new Float32Array(T * Y * X * half);
  let at = 0;
  const put = (position: number, list: readonly number[] = []): void => {
    for (const frequency of list) {
      cos[at] = Math.cos(position * frequency);
      sin[at++] = Math.sin(position * frequency);
    }
  };
  for (let i = 0; i < T; i++) {
    for (let j = 0; j < Y; j++) {
      for (let k = 0; k < X; k++) {
        put(i, t);
        put(j, y);
        put(k, x);
      }
    }
  }
  return {
    'rotary.cos': { type: 'float32', shape, data: cos },
    'rotary.sin': { type: 'float32', shape, data: sin },
  };
}

const frequencies = (width: number): number[] =>
  Array.from({ length: width / 2 }, (_, j) => BASE ** ((-2 * j) / width));
