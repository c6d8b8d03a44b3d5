import type { GraphBuilder, Value } from '@skipstone/core';
import { sizesOf } from '../wan/layers.js';
import type { Blocks } from './config.js';

/** How frames and pixels beyond the ends are thought of. */
export interface Ends {
  /** Copies of the first and of the last frame. */
  readonly frames: readonly [before: number, after: number];
  readonly pixels: 'zeros' | 'reflect';
}

/** Only what came before: two copies of the first frame. */
export const CAUSAL: Ends = { frames: [2, 0], pixels: 'zeros' };

/** x over the root of its mean square over the channels. */
export function pixelNorm(g: GraphBuilder, name: string, x: Value, eps: number): Value {
  const square = g.mean(`${name}.mean-square`, g.mul(`${name}.square`, x, x), 1);
  return g.div(
    name,
    x,
    g.sqrt(`${name}.root`, g.add(`${name}.with-eps`, square, g.constant('eps', [eps], [1]))),
  );
}

/** 3×3×3. */
export function conv3(g: GraphBuilder, path: string, x: Value, out: number, ends: Ends): Value {
  const mirrors = ends.pixels === 'reflect';
  const pixels = mirrors
    ? ([
        [1, 1],
        [1, 1],
      ] as const)
    : ([
        [0, 0],
        [0, 0],
      ] as const);
  const frames = g.pad(`${path}.frames`, x, {
    mode: 'edge',
    by: [[0, 0], [0, 0], ends.frames, [0, 0], [0, 0]],
  });
  const whole = mirrors
    ? g.pad(`${path}.pixels`, frames, { mode: 'reflect', by: [[0, 0], [0, 0], [0, 0], ...pixels] })
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

/** Frames, rows and columns in blocks become channels, (c, frame, row, column). */
export function spaceToDepth(g: GraphBuilder, name: string, x: Value, [ft, fh, fw]: Blocks): Value {
  const { channels, frames, height, width } = sizesOf(x);
  const [t, h, w] = [frames / ft, height / fh, width / fw];
  const apart = g.reshape(`${name}.apart`, x, [channels, t, ft, h, fh, w, fw]);
  const turned = g.transpose(`${name}.turned`, apart, [0, 2, 4, 6, 1, 3, 5]);
  return g.reshape(name, turned, [1, channels * ft * fh * fw, t, h, w]);
}
