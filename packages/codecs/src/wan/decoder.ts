import type { CausalSpec, Value } from '@skipstone/core';
import { sizesOf, unpatched } from '../layers.js';
import type { WanVaeConfig } from './config.js';
import { causal, middle, norm, type Pass, planar, pointwise, residual, withFramesBefore } from './layers.js';

/**
 * Wan's decoder: latents `[1, C, T, h, w]` to pictures `[1, 3, F, H, W]`. The first chunk is one latent frame, which
 * makes one frame; each later latent frame makes four. Source: AutoencoderKLWan of diffusers.
 */
export function wanDecoder(config: WanVaeConfig, name: string): CausalSpec {
  const { channels, up, blocks, temporal, residual: shortcuts } = config;
  const levels = up.length - 1;
  return {
    name,
    least: [1, channels, 1, 2, 2],
    emit: (g, x, memory) => {
      const pass = { g, memory };
      const start = causal(
        pass,
        'decoder.conv_in',
        pointwise(pass, 'post_quant_conv', x, channels),
        up[0] ?? 1,
      );
      let value = middle(pass, 'decoder.mid_block', start);
      for (let i = 0; i < levels; i++) {
        const at = `decoder.up_blocks.${i}`;
        const out = up[i + 1] ?? 1;
        const before = value;
        for (let j = 0; j <= blocks; j++) value = residual(pass, `${at}.resnets.${j}`, value, out);
        if (i === levels - 1) continue;
        const doubles = temporal[levels - 2 - i] ?? false;
        const path = shortcuts ? `${at}.upsampler` : `${at}.upsamplers.0`;
        value = grown(pass, path, value, { doubles, out: shortcuts ? out : out / 2 });
        if (shortcuts) value = g.add(at, value, copied(pass, `${at}.shortcut`, before, { doubles, out }));
      }
      const active = g.silu('decoder.silu', norm(pass, 'decoder.norm_out', value, 3));
      return unpatched(g, causal(pass, 'decoder.conv_out', active, 3 * config.patch ** 2), config.patch);
    },
  };
}

interface Grown {
  /** Frames are doubled too. */
  readonly doubles: boolean;
  readonly out: number;
}

/** Twice the size, and where asked twice the frames; the first frame of a video stays one. */
function grown(pass: Pass, path: string, x: Value, { doubles, out }: Grown): Value {
  const { g, memory } = pass;
  const longer = doubles && !memory.first ? doubled(pass, `${path}.time_conv`, x) : x;
  // The layer knows nothing of the first frame: what it recalls at the second chunk is still zero.
  const larger = g.upsampleNearest(`${path}.nearest`, longer, [1, 2, 2]);
  const padding = [[1, 1] as const, [1, 1] as const];
  return planar(pass, `${path}.resample.1`, larger, { out, padding });
}

/** Each frame becomes two: the halves of what a convolution over three frames makes of it. */
function doubled(pass: Pass, path: string, x: Value): Value {
  const { g } = pass;
  const { channels, frames, height, width } = sizesOf(x);
  const made = g.conv(path, withFramesBefore(pass, path, x, 2), {
    weight: g.weight(`${path}.weight`, [2 * channels, channels, 3, 1, 1]),
    bias: g.weight(`${path}.bias`, [2 * channels]),
  });
  const apart = g.reshape(`${path}.halves`, made, [2, channels, frames, height * width]);
  const turned = g.transpose(`${path}.turned`, apart, [1, 2, 0, 3]);
  return g.reshape(`${path}.doubled`, turned, [1, channels, 2 * frames, height, width]);
}

/** What goes around a level without weights: channels become frames, rows and columns. */
function copied({ g, memory }: Pass, path: string, x: Value, { doubles, out }: Grown): Value {
  const { channels, frames, height, width } = sizesOf(x);
  const blocks = [doubles ? 2 : 1, 2, 2];
  const times = (out * blocks.reduce((a, b) => a * b, 1)) / channels;
  const rows = Array.from({ length: channels * times }, (_, i) => Math.floor(i / times));
  const flat = g.reshape(`${path}.flat`, x, [channels, frames * height * width]);
  const repeated = g.gatherRows(`${path}.repeated`, flat, g.index(`${path}.rows`, rows));
  const apart = g.reshape(`${path}.apart`, repeated, [1, channels * times, frames, height, width]);
  const spread = g.depthToSpace(`${path}.spread`, apart, blocks);
  return memory.first && doubles
    ? g.slice(path, spread, { axis: 2, from: 1, to: sizesOf(spread).frames })
    : spread;
}
