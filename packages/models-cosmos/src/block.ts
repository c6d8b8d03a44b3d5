import type { PassBuilder, Value } from '@skipstone/core';
import { type Clock, modulation } from './clock.js';
import type { CosmosConfig } from './config.js';

/** What every block of a pass reads beside its hidden state. */
export interface BlockInputs {
  readonly clock: Clock;
  /** Encoded text, `[S, ·]`. */
  readonly text: Value;
  /** Learned position embeddings `[A, D]`, added where a block begins. */
  readonly learned: Value | undefined;
  readonly positions: Value;
  readonly cos: Value;
  readonly sin: Value;
}

const NORM_EPS = 1e-6;
/** Of queries and keys. diffusers' value; the original has 1e-6. */
const HEAD_EPS = 1e-5;

/** One block: self-attention, cross-attention, feed-forward; hidden `[A, D]` → hidden `[A, D]`. */
export function emitBlock(
  p: PassBuilder,
  config: CosmosConfig,
  index: number,
  hidden: Value,
  inputs: BlockInputs,
): Value {
  const at = `blocks.${index}`;
  const own = `transformer_blocks.${index}`;
  p.tap(`${at}.block_in`, { video: hidden });
  const start = inputs.learned ? p.add(`${own}.positions`, hidden, inputs.learned) : hidden;
  const steps = [
    ['norm1', 'attn', (x: Value) => attention(p, config, `${own}.attn1`, x, x, inputs)],
    ['norm2', 'cross_attn', (x: Value) => attention(p, config, `${own}.attn2`, x, inputs.text)],
    ['norm3', 'mlp', (x: Value) => feedForward(p, config, `${own}.ff`, x)],
  ] as const;
  const out = steps.reduce((x, [norm, tap, part]) => {
    const name = `${own}.${norm}`;
    const [shift, scale, gate] = modulation(p, config, name, inputs.clock, ['shift', 'scale', 'gate']);
    const into = p.modulatedNorm(name, x, { eps: NORM_EPS, scale, shift });
    p.tap(`${at}.${tap}_in`, { video: into });
    const made = part(into);
    p.tap(`${at}.${tap}_out`, { video: made });
    const gated = p.mul(`${name}.gated`, made, gate);
    p.tap(`${at}.${tap}_gated`, { video: gated });
    const sum = p.add(`${name}.residual`, x, gated);
    if (tap === 'attn') p.station(`${at}.attended`, { video: sum });
    return sum;
  }, start);
  p.station(at, { video: out });
  p.tap(`${at}.block_out`, { video: out });
  return out;
}

/** Of tokens with themselves, turned by their positions, or with text, whose keys and values last the run. */
function attention(
  p: PassBuilder,
  { width: D, textWidth, heads, headWidth }: CosmosConfig,
  at: string,
  x: Value,
  from: Value,
  turn?: BlockInputs,
): Value {
  const square = { in: D, out: D, bias: false };
  const wide = turn ? square : { ...square, in: textWidth };
  const headed = (side: 'q' | 'k', of: Value, width: typeof square): Value => {
    const [rows = 1] = of.shape;
    const product = p.linear(`${at}.to_${side}`, of, width);
    const apart = p.reshape(`${at}.${side}.heads`, product, [rows, heads, headWidth]);
    const normed = p.rmsNorm(`${at}.norm_${side}`, apart, HEAD_EPS);
    const flat = p.reshape(`${at}.${side}.rows`, normed, [rows, D]);
    if (!turn) return flat;
    const { positions, cos, sin } = turn;
    return p.rotary(`${at}.rotary_${side}`, flat, { positions, cos, sin, heads, pairs: 'halves' });
  };
  const q = headed('q', x, square);
  const k = headed('k', from, wide);
  const v = p.linear(`${at}.to_v`, from, wide);
  const keys = turn ? p.allRows('video', `${at}.keys`, k) : k;
  const values = turn ? p.allRows('video', `${at}.values`, v) : v;
  const mixed = p.attention(`${at}.attention`, { q, k: keys, v: values, heads });
  return p.linear(`${at}.to_out.0`, mixed, square);
}

function feedForward(
  p: PassBuilder,
  { width: D, feedForward: F }: CosmosConfig,
  at: string,
  x: Value,
): Value {
  const wide = p.linear(`${at}.net.0.proj`, x, { in: D, out: F, bias: false });
  return p.linear(`${at}.net.2`, p.gelu(`${at}.gelu`, wide, 'erf'), { in: F, out: D, bias: false });
}
