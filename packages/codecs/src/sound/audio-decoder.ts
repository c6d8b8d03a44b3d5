import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import { pixelNorm } from '../layers.js';
import type { AudioConfig } from './audio-config.js';

const EPS = 1e-6;

/**
 * Latents of sound `[1, C, L, bins]` to mel spectrograms `[1, out, 4·L − 3, bins']`, time first: each level doubles both and
 * drops what stands before the first moment. Source: AutoencoderKLLTX2Audio of diffusers.
 */
export function audioDecoder(config: AudioConfig, name: string): ChainSpec {
  const { channels, widths, blocks, out, bins } = config;
  const levels = widths.length;
  return {
    name,
    least: [1, channels, 2, Math.max(1, bins / 2 ** (levels - 1))],
    spans: [
      {
        name: 'decoder',
        emit: (g, x) => {
          const start = conv(g, 'decoder.conv_in', x, widths[levels - 1] ?? 1);
          let value = block(g, 'decoder.mid.block_1', start, widths[levels - 1] ?? 1);
          value = block(g, 'decoder.mid.block_2', value, widths[levels - 1] ?? 1);
          for (let i = levels - 1; i >= 0; i--) {
            const at = `decoder.up.${i}`;
            for (let j = 0; j < blocks; j++) value = block(g, `${at}.block.${j}`, value, widths[i] ?? 1);
            if (i > 0) value = doubled(g, `${at}.upsample`, value);
          }
          const active = g.silu('decoder.silu', pixelNorm(g, 'decoder.norm_out', value, EPS));
          return conv(g, 'decoder.conv_out', active, out);
        },
      },
    ],
  };
}

/** 3×3, or 1×1: causal in time, symmetric in pitch. */
function conv(g: GraphBuilder, path: string, x: Value, out: number, side = 3): Value {
  const [, channels = 1] = x.shape.map(Number);
  return g.conv(path, x, {
    weight: g.weight(`${path}.conv.weight`, [out, channels, side, side]),
    bias: g.weight(`${path}.conv.bias`, [out]),
    padding: side === 1 ? [0, 0] : [[side - 1, 0], 1],
  });
}

function block(g: GraphBuilder, path: string, x: Value, out: number): Value {
  const [, channels = 1] = x.shape.map(Number);
  const step = (i: number, from: Value): Value => {
    const active = g.silu(`${path}.silu${i}`, pixelNorm(g, `${path}.norm${i}`, from, EPS));
    return conv(g, `${path}.conv${i}`, active, out);
  };
  const inner = step(2, step(1, x));
  return g.add(path, channels === out ? x : conv(g, `${path}.nin_shortcut`, x, out, 1), inner);
}

function doubled(g: GraphBuilder, path: string, x: Value): Value {
  const larger = g.upsampleNearest(`${path}.nearest`, x, [2, 2]);
  const [, channels = 1, moments = 1] = larger.shape.map(Number);
  const made = conv(g, `${path}.conv`, larger, channels);
  return g.slice(`${path}.cut`, made, { axis: 2, from: 1, to: moments });
}
