import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import { meanOfGroups, patched, pixelNorm, spaceToDepth } from '../layers.js';
import type { LtxDown, LtxVaeConfig } from './config.js';
import { CAUSAL, conv3, EPS, residual } from './layers.js';

/**
 * LTX-2's encoder, pictures `[1, 3, F, H, W]` to the mean of latents and one log variance for all of them,
 * `[1, C + 1, T, h, w]`, a span a level. Source: AutoencoderKLLTX2Video of diffusers.
 */
export function ltxEncoder(config: LtxVaeConfig, name: string): ChainSpec {
  const { channels, down, lastLayers, patch } = config;
  const [ft, fh, fw] = down.reduce(
    ([t, h, w], { blocks }) => [t * blocks[0], h * blocks[1], w * blocks[2]],
    [1, patch, patch],
  );
  const layers = (g: GraphBuilder, at: string, x: Value, count: number): Value =>
    Array.from({ length: count }).reduce<Value>(
      (value, _, j) => residual(g, `${at}.resnets.${j}`, value, CAUSAL),
      x,
    );
  return {
    name,
    least: [1, 3, 1 + (ft ?? 1), fh ?? 1, fw ?? 1],
    spans: [
      {
        name: 'encoder.conv_in',
        emit: (g, x) => conv3(g, 'encoder.conv_in', patched(g, x, patch), channels, CAUSAL),
      },
      ...down.map((level, i) => ({
        name: `encoder.down_blocks.${i}`,
        emit: (g: GraphBuilder, x: Value) => {
          const at = `encoder.down_blocks.${i}`;
          return shrunk(g, `${at}.downsamplers.0`, layers(g, at, x, level.layers), level);
        },
      })),
      {
        name: 'encoder.mid_block',
        emit: (g, x) => {
          const inner = layers(g, 'encoder.mid_block', x, lastLayers);
          const active = g.silu('encoder.silu', pixelNorm(g, 'encoder.norm_out', inner, EPS));
          return conv3(g, 'encoder.conv_out', active, channels + 1, CAUSAL);
        },
      },
    ],
  };
}

/** Frames, rows and columns become channels; beside the convolution go means of groups of them. */
function shrunk(g: GraphBuilder, path: string, x: Value, { blocks, out }: LtxDown): Value {
  const [ft] = blocks;
  const by = blocks.reduce((a, b) => a * b, 1);
  const first = ft === 1 ? undefined : g.slice(`${path}.first`, x, { axis: 2, from: 0, to: ft - 1 });
  const whole = first ? g.concat(`${path}.whole`, [first, x], 2) : x;
  const made = spaceToDepth(g, `${path}.packed`, conv3(g, `${path}.conv`, whole, out / by, CAUSAL), blocks);
  const own = spaceToDepth(g, `${path}.own`, whole, blocks);
  return g.add(path, made, meanOfGroups(g, `${path}.mean`, own, out));
}
