import type { GraphBuilder, Value } from '@skipstone/core';
import { pixelNorm, sizesOf } from '../layers.js';

/** How frames and pixels beyond the ends are thought of. */
export interface Ends {
  /** Copies of the first and of the last frame. */
  readonly frames: readonly [before: number, after: number];
  readonly pixels: 'zeros' | 'reflect';
}

/** Only what came before: two copies of the first frame. */
export const CAUSAL: Ends = { frames: [2, 0], pixels: 'zeros' };

/** Added on both sides of an axis. */
const NONE = [0, 0] as const;
const ONE = [1, 1] as const;

/** 3×3×3. */
export function conv3(g: GraphBuilder, path: string, x: Value, out: number, ends: Ends): Value {
  const mirrors = ends.pixels === 'reflect';
  const frames = g.pad(`${path}.frames`, x, { mode: 'edge', by: [NONE, NONE, ends.frames, NONE, NONE] });
  const whole = mirrors
    ? g.pad(`${path}.pixels`, frames, { mode: 'reflect', by: [NONE, NONE, NONE, ONE, ONE] })
    : frames;
  const around = mirrors ? 0 : 1;
  return g.conv(path, whole, {
    weight: g.weight(`${path}.conv.weight`, [out, sizesOf(x).channels, 3, 3, 3]),
    bias: g.weight(`${path}.conv.bias`, [out]),
    padding: [0, around, around],
  });
}

/** x + conv2(silu(norm(conv1(silu(norm x))))). */
export function residual(g: GraphBuilder, path: string, x: Value, ends: Ends): Value {
  const { channels } = sizesOf(x);
  const step = (i: number, from: Value): Value => {
    const active = g.silu(`${path}.silu${i}`, pixelNorm(g, `${path}.norm${i}`, from, EPS));
    return conv3(g, `${path}.conv${i}`, active, channels, ends);
  };
  return g.add(path, x, step(2, step(1, x)));
}

export const EPS = 1e-8;
