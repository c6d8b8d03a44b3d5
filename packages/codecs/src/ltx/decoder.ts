import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import { pixelNorm, sizesOf, unpatched } from '../layers.js';
import type { LtxUp, LtxVaeConfig } from './config.js';
import { conv3, type Ends, EPS, residual } from './layers.js';

/**
 * LTX-2's decoder, latents `[1, C, T, h, w]` to pictures `[1, 3, F, H, W]`, a span a level. It looks ahead as well as back,
 * so a video is decoded whole, or in overlapping parts. Source: AutoencoderKLLTX2Video of diffusers.
 */
export function ltxDecoder(config: LtxVaeConfig, name: string): ChainSpec {
  const { channels, middle, middleLayers, up, patch, around } = config;
  const ends: Ends = { frames: [1, 1], pixels: around };
  const layers = (g: GraphBuilder, at: string, x: Value, count: number): Value =>
    Array.from({ length: count }).reduce<Value>(
      (value, _, j) => residual(g, `${at}.resnets.${j}`, value, ends),
      x,
    );
  return {
    name,
    least: [1, channels, 2, 2, 2],
    spans: [
      {
        name: 'decoder.mid_block',
        emit: (g, x) =>
          layers(g, 'decoder.mid_block', conv3(g, 'decoder.conv_in', x, middle, ends), middleLayers),
      },
      ...up.map((level, i) => ({
        name: `decoder.up_blocks.${i}`,
        emit: (g: GraphBuilder, x: Value) => {
          const at = `decoder.up_blocks.${i}`;
          return layers(g, at, grown(g, `${at}.upsamplers.0`, x, level, ends), level.layers);
        },
      })),
      {
        name: 'decoder.conv_out',
        emit: (g, x) => {
          const active = g.silu('decoder.silu', pixelNorm(g, 'decoder.norm_out', x, EPS));
          return unpatched(g, conv3(g, 'decoder.conv_out', active, 3 * patch ** 2, ends), patch);
        },
      },
    ],
  };
}

/** Channels become frames, rows and columns; what stands before the first frame is dropped. */
function grown(
  g: GraphBuilder,
  path: string,
  x: Value,
  { blocks, factor, residual: plain }: LtxUp,
  ends: Ends,
): Value {
  const { channels } = sizesOf(x);
  const by = blocks.reduce((a, b) => a * b, 1);
  const made = spread(g, path, conv3(g, `${path}.conv`, x, (channels * by) / factor, ends), blocks);
  if (!plain) return made;
  const own = spread(g, `${path}.residual`, x, blocks);
  const copies = by / factor;
  const all = copies === 1 ? own : g.concat(`${path}.copies`, new Array<Value>(copies).fill(own), 1);
  return g.add(`${path}.sum`, made, all);
}

function spread(g: GraphBuilder, path: string, x: Value, blocks: LtxUp['blocks']): Value {
  const whole = g.depthToSpace(`${path}.spread`, x, blocks);
  const [drop] = blocks;
  const { frames } = sizesOf(whole);
  return drop === 1 ? whole : g.slice(`${path}.cut`, whole, { axis: 2, from: drop - 1, to: frames });
}
