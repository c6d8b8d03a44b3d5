import type { CausalMemory, GraphBuilder, Value } from '@skipstone/core';
import { pixelNorm, sizesOf } from '../layers.js';

/** What every layer is given. */
export interface Pass {
  readonly g: GraphBuilder;
  readonly memory: CausalMemory;
}

/** x over the root of its mean square over the channels, by channel: the norm of all of Wan's autoencoders. */
export function norm({ g }: Pass, path: string, x: Value, axes: 2 | 3): Value {
  const { channels } = sizesOf(x);
  const ones = new Array<number>(axes).fill(1);
  const gamma = g.weight(`${path}.gamma`, [channels, ...ones], [channels, 1, 1, 1]);
  // The reference divides by at least 1e-12·√C: this is the same where there is nothing.
  return g.mul(path, pixelNorm(g, `${path}.normed`, x, 1e-24), gamma);
}

/** A convolution over three frames, this one and the two before it, and 3×3 pixels. */
export function causal(pass: Pass, path: string, x: Value, out: number): Value {
  const { channels } = sizesOf(x);
  return pass.g.conv(path, withFramesBefore(pass, path, x, 2), {
    weight: pass.g.weight(`${path}.weight`, [out, channels, 3, 3, 3]),
    bias: pass.g.weight(`${path}.bias`, [out]),
    padding: [0, 1, 1],
  });
}

/** x behind the last frames that this layer was given before. */
export function withFramesBefore({ g, memory }: Pass, path: string, x: Value, count: number): Value {
  const { channels, height, width } = sizesOf(x);
  const before = memory.recall(path, [1, channels, count, height, width]);
  const all = g.concat(`${path}.frames`, [before, x], 2);
  memory.keep(path, lastFrames(g, `${path}.kept`, all, count));
  return all;
}

export function lastFrames(g: GraphBuilder, name: string, x: Value, count: number): Value {
  const { frames } = sizesOf(x);
  return g.slice(name, x, { axis: 2, from: frames - count, to: frames });
}

/** A convolution of each position by itself. */
export function pointwise({ g }: Pass, path: string, x: Value, out: number): Value {
  const { channels } = sizesOf(x);
  const weight = g.weight(`${path}.weight`, [out, channels, 1, 1, 1]);
  return g.conv(path, x, { weight, bias: g.weight(`${path}.bias`, [out]) });
}

/** x, or x by a convolution where the width changes, + conv2(silu(norm2(conv1(silu(norm1 x))))). */
export function residual(pass: Pass, path: string, x: Value, out: number): Value {
  const { g } = pass;
  const step = (i: number, from: Value): Value => {
    const active = g.silu(`${path}.silu${i}`, norm(pass, `${path}.norm${i}`, from, 3));
    return causal(pass, `${path}.conv${i}`, active, out);
  };
  const inner = step(2, step(1, x));
  const same = sizesOf(x).channels === out ? x : pointwise(pass, `${path}.conv_shortcut`, x, out);
  return g.add(path, same, inner);
}

/** Attention of the positions of each frame, one head. */
export function frameAttention(pass: Pass, path: string, x: Value): Value {
  const { g } = pass;
  const { channels, frames, height, width } = sizesOf(x);
  const normed = norm(pass, `${path}.norm`, x, 2);
  const area = height * width;
  const each = Array.from({ length: frames }, (_, t) => {
    const at = `${path}.${t}`;
    const frame = g.slice(`${at}.frame`, normed, { axis: 2, from: t, to: t + 1 });
    return g.transpose(`${at}.rows`, g.reshape(`${at}.flat`, frame, [channels, area]), [1, 0]);
  });
  const rows = frames === 1 && each[0] ? each[0] : g.concat(`${path}.rows`, each, 0);
  const by = { in: channels, out: 3 * channels, weightShape: [3 * channels, channels, 1, 1] };
  const qkv = g.linear(`${path}.to_qkv`, rows, by);
  const mixed = each.map((_, t) => {
    const own = g.slice(`${path}.${t}.qkv`, qkv, { axis: 0, from: t * area, to: (t + 1) * area });
    const [q, k, v] = [0, 1, 2].map((i) =>
      g.slice(`${path}.${t}.qkv.${i}`, own, { axis: 1, from: i * channels, to: (i + 1) * channels }),
    ) as [Value, Value, Value];
    return g.attention(`${path}.${t}.attention`, { q, k, v, heads: 1 });
  });
  const all = frames === 1 && mixed[0] ? mixed[0] : g.concat(`${path}.mixed`, mixed, 0);
  const weightShape = [channels, channels, 1, 1];
  const made = g.linear(`${path}.proj`, all, { in: channels, out: channels, weightShape });
  const apart = g.reshape(`${path}.apart`, made, [1, frames, height, width, channels]);
  return g.add(path, x, g.transpose(`${path}.back`, apart, [0, 4, 1, 2, 3]));
}

/** The middle of encoder and decoder. */
export function middle(pass: Pass, path: string, x: Value): Value {
  const { channels } = sizesOf(x);
  const first = residual(pass, `${path}.resnets.0`, x, channels);
  const mixed = frameAttention(pass, `${path}.attentions.0`, first);
  return residual(pass, `${path}.resnets.1`, mixed, channels);
}

/** 3×3 over each frame. `[out, in, 3, 3]` in the checkpoint. */
export function planar(
  { g }: Pass,
  path: string,
  x: Value,
  by: {
    readonly out: number;
    readonly padding: readonly (readonly [number, number])[];
    readonly stride?: number;
  },
): Value {
  const { channels } = sizesOf(x);
  const { out, padding, stride = 1 } = by;
  return g.conv(path, x, {
    weight: g.weight(`${path}.weight`, [out, channels, 3, 3], [out, channels, 1, 3, 3]),
    bias: g.weight(`${path}.bias`, [out]),
    padding: [0, ...padding],
    stride: [1, stride, stride],
  });
}
