import type { PassBuilder, Value } from '@skipstone/core';
import type { WanConfig } from './config.js';
import { modulationPart } from './modulation.js';

/** What every block of a pass reads beside its hidden state. */
export interface BlockInputs {
  /**
   * Modulation of each row of the clock, `[r, 6, D]`: shift, scale, gate of attention; shift, scale, gate of
   * feed-forward.
   */
  readonly modulation: Value;
  /** Embedded text, `[S, D]`. */
  readonly text: Value;
  /** Embedded image, `[I, D]`, where the model reads one. */
  readonly image: Value | undefined;
  readonly positions: Value;
  readonly cos: Value;
  readonly sin: Value;
}

/** One block: self-attention, cross-attention, feed-forward; hidden `[A, D]` → hidden `[A, D]`. */
export function emitBlock(
  p: PassBuilder,
  config: WanConfig,
  index: number,
  hidden: Value,
  inputs: BlockInputs,
): Value {
  const at = `blocks.${index}`;
  const { width: D, eps } = config;
  const table = p.weight(`${at}.scale_shift_table`, [1, 6, D]);
  const modulation = p.add(`${at}.modulation`, table, inputs.modulation);
  const part = (name: string, index: number): Value => modulationPart(p, `${at}.${name}`, modulation, index);
  p.tap(`${at}.block_in`, { video: hidden });

  const [scale1, shift1] = [part('scale1', 1), part('shift1', 0)];
  const attnIn = p.modulatedNorm(`${at}.norm1`, hidden, { eps, scale: scale1, shift: shift1 });
  p.tap(`${at}.attn_in`, { video: attnIn });
  const attnOut = selfAttention(p, config, `${at}.attn1`, attnIn, inputs);
  p.tap(`${at}.attn_out`, { video: attnOut });
  const attnGated = p.mul(`${at}.attn1.gated`, attnOut, part('gate1', 2));
  p.tap(`${at}.attn_gated`, { video: attnGated });
  const afterAttn = p.add(`${at}.attn1.residual`, hidden, attnGated);
  p.station(`${at}.attended`, { video: afterAttn });

  const crossIn = p.layerNorm(`${at}.norm2`, afterAttn, { eps, affine: `${at}.norm2` });
  p.tap(`${at}.cross_attn_in`, { video: crossIn });
  const crossOut = crossAttention(p, config, `${at}.attn2`, crossIn, inputs);
  p.tap(`${at}.cross_attn_out`, { video: crossOut });
  const afterCross = p.add(`${at}.attn2.residual`, afterAttn, crossOut);

  const [scale2, shift2] = [part('scale2', 4), part('shift2', 3)];
  const mlpIn = p.modulatedNorm(`${at}.norm3`, afterCross, { eps, scale: scale2, shift: shift2 });
  p.tap(`${at}.mlp_in`, { video: mlpIn });
  const mlpOut = feedForward(p, config, `${at}.ffn`, mlpIn);
  p.tap(`${at}.mlp_out`, { video: mlpOut });
  const mlpGated = p.mul(`${at}.ffn.gated`, mlpOut, part('gate2', 5));
  p.tap(`${at}.mlp_gated`, { video: mlpGated });
  const out = p.add(`${at}.out`, afterCross, mlpGated);
  p.station(at, { video: out });
  p.tap(`${at}.block_out`, { video: out });
  return out;
}

/** One RMS norm over all heads together, before the split; keys are kept after norm and rotation. */
function selfAttention(p: PassBuilder, config: WanConfig, at: string, x: Value, inputs: BlockInputs): Value {
  const { width: D, heads, eps } = config;
  const square = { in: D, out: D };
  const { positions, cos, sin } = inputs;
  const turn = { positions, cos, sin, heads };
  const q = p.rmsNorm(`${at}.norm_q`, p.linear(`${at}.to_q`, x, square), eps);
  const k = p.rmsNorm(`${at}.norm_k`, p.linear(`${at}.to_k`, x, square), eps);
  const v = p.linear(`${at}.to_v`, x, square);
  const rotatedQ = p.rotary(`${at}.rotary_q`, q, turn);
  const rotatedK = p.rotary(`${at}.rotary_k`, k, turn);
  const keys = p.allRows('video', `${at}.keys`, rotatedK);
  const values = p.allRows('video', `${at}.values`, v);
  const mixed = p.attention(`${at}.attention`, { q: rotatedQ, k: keys, v: values, heads });
  return p.linear(`${at}.to_out.0`, mixed, square);
}

/** Keys and values depend on text or image alone, so the plan computes them once a run. */
function crossAttention(p: PassBuilder, config: WanConfig, at: string, x: Value, inputs: BlockInputs): Value {
  const { width: D, heads, eps } = config;
  const square = { in: D, out: D };
  const { text, image } = inputs;
  const q = p.rmsNorm(`${at}.norm_q`, p.linear(`${at}.to_q`, x, square), eps);
  const keys = p.rmsNorm(`${at}.norm_k`, p.linear(`${at}.to_k`, text, square), eps);
  const values = p.linear(`${at}.to_v`, text, square);
  let read = p.attention(`${at}.attention`, { q, k: keys, v: values, heads });
  if (image) {
    const imageKeys = p.rmsNorm(`${at}.norm_added_k`, p.linear(`${at}.add_k_proj`, image, square), eps);
    const imageValues = p.linear(`${at}.add_v_proj`, image, square);
    const seen = p.attention(`${at}.image_attention`, { q, k: imageKeys, v: imageValues, heads });
    read = p.add(`${at}.text_and_image`, read, seen);
  }
  return p.linear(`${at}.to_out.0`, read, square);
}

function feedForward(p: PassBuilder, config: WanConfig, at: string, x: Value): Value {
  const { width: D, feedForward: F } = config;
  const wide = p.gelu(`${at}.gelu`, p.linear(`${at}.net.0.proj`, x, { in: D, out: F }), 'tanh');
  return p.linear(`${at}.net.2`, wide, { in: F, out: D });
}
