import type { CausalSpec, Value } from '@skipstone/core';
import { meanOfGroups, patched, sizesOf, spaceToDepth } from '../layers.js';
import type { WanVaeConfig } from './config.js';
import { causal, lastFrames, middle, norm, type Pass, planar, pointwise, residual } from './layers.js';

/**
 * Wan's encoder: pictures `[1, 3, F, H, W]` to mean and log variance of latents, `[1, 2C, T, h, w]`. The first chunk is
 * one frame, later ones are four. Source: AutoencoderKLWan of diffusers.
 */
export function wanEncoder(config: WanVaeConfig, name: string): CausalSpec {
  const { channels, down, blocks, temporal, residual: shortcuts, patch } = config;
  const levels = down.length - 1;
  const side = 2 ** (levels - 1) * patch;
  return {
    name,
    least: [1, 3, 2 ** temporal.filter(Boolean).length, 2 * side, 2 * side],
    emit: (g, x, memory) => {
      const pass = { g, memory };
      let value = causal(pass, 'encoder.conv_in', patched(g, x, patch), down[0] ?? 1);
      let flat = 0;
      for (let i = 0; i < levels; i++) {
        const level = `encoder.down_blocks.${i}`;
        const out = down[i + 1] ?? 1;
        const [before, shrinks, halves] = [value, i < levels - 1, temporal[i] ?? false];
        for (let j = 0; j < blocks; j++) {
          const path = shortcuts ? `${level}.resnets.${j}` : `encoder.down_blocks.${flat++}`;
          value = residual(pass, path, value, out);
        }
        if (shrinks) {
          const path = shortcuts ? `${level}.downsampler` : `encoder.down_blocks.${flat++}`;
          value = shrunk(pass, path, value, halves);
        }
        if (shortcuts) {
          const blocksOf = [shrinks && halves ? 2 : 1, shrinks ? 2 : 1, shrinks ? 2 : 1];
          value = g.add(level, value, averaged(pass, `${level}.shortcut`, before, { blocks: blocksOf, out }));
        }
      }
      const inner = middle(pass, 'encoder.mid_block', value);
      const active = g.silu('encoder.silu', norm(pass, 'encoder.norm_out', inner, 3));
      return pointwise(
        pass,
        'quant_conv',
        causal(pass, 'encoder.conv_out', active, 2 * channels),
        2 * channels,
      );
    },
  };
}

/** Half the size, and where asked half the frames; the first frame of a video stays one. */
function shrunk(pass: Pass, path: string, x: Value, halves: boolean): Value {
  const { g, memory } = pass;
  const padding = [[0, 1] as const, [0, 1] as const];
  const { channels } = sizesOf(x);
  const smaller = planar(pass, `${path}.resample.1`, x, { out: channels, padding, stride: 2 });
  if (!halves) return smaller;
  const at = `${path}.time_conv`;
  const { height, width } = sizesOf(smaller);
  memory.keep(at, lastFrames(g, `${at}.kept`, smaller, 1));
  if (memory.first) return smaller;
  const before = memory.recall(at, [1, channels, 1, height, width]);
  return g.conv(at, g.concat(`${at}.frames`, [before, smaller], 2), {
    weight: g.weight(`${at}.weight`, [channels, channels, 3, 1, 1]),
    bias: g.weight(`${at}.bias`, [channels]),
    stride: [2, 1, 1],
  });
}

/** What goes around a level without weights: frames, rows and columns become channels, and groups of them their mean. */
function averaged(
  { g }: Pass,
  path: string,
  x: Value,
  { blocks, out }: { readonly blocks: readonly number[]; readonly out: number },
): Value {
  const whole = padded(g, path, x, blocks[0] ?? 1);
  return meanOfGroups(g, path, spaceToDepth(g, `${path}.packed`, whole, blocks), out);
}

/** Zeros before the first frame, to a multiple of `by` frames. */
function padded(g: Pass['g'], path: string, x: Value, by: number): Value {
  const { channels, frames, height, width } = sizesOf(x);
  const missing = (by - (frames % by)) % by;
  if (missing === 0) return x;
  const shape = [1, channels, missing, height, width];
  const one = g.slice(`${path}.like`, x, { axis: 2, from: 0, to: 1 });
  const nothing = g.scale(`${path}.nothing`, one, 0);
  const zeros =
    missing === 1 ? nothing : g.concat(`${path}.zeros`, new Array<Value>(missing).fill(nothing), 2);
  return g.concat(`${path}.padded`, [g.reshape(`${path}.before`, zeros, shape), x], 2);
}
