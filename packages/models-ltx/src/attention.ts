import type { PassBuilder, Value } from '@skipstone/core';

/** Angles of an attention's queries or keys. */
export interface Turn {
  readonly positions: Value;
  readonly cos: Value;
  readonly sin: Value;
}

export interface AttentionCall {
  /** What queries and gates are made of, `[A, from.query]`. */
  readonly query: Value;
  /** What keys and values are made of, `[M, from.key]`. */
  readonly key: Value;
  readonly heads: number;
  readonly headWidth: number;
  readonly gated: boolean;
  readonly eps: number;
  readonly pairs: 'adjacent' | 'halves';
  readonly turn?: { readonly query: Turn; readonly key: Turn };
  /** The stream that keys and values are tokens of; none for text, which lasts a run. */
  readonly stream?: string;
  /** Gives the values as they are: what spatio-temporal guidance perturbs a block by. */
  readonly skip?: boolean;
}

/** One attention, `[A, from.query]` in and out. One RMS norm over all heads together, then angles of each head. */
export function emitAttention(p: PassBuilder, at: string, call: AttentionCall): Value {
  const { query, key, heads, headWidth, gated, stream } = call;
  const inner = heads * headWidth;
  const [outer, of] = [lastOf(query), lastOf(key)];
  const all = (name: string, x: Value): Value => (stream ? p.allRows(stream, `${at}.${name}`, x) : x);
  const value = p.linear(`${at}.to_v`, key, { in: of, out: inner });
  const mixed = call.skip
    ? value
    : p.attention(`${at}.attention`, {
        q: side(p, at, 'q', call, inner),
        k: all('keys', side(p, at, 'k', call, inner)),
        v: all('values', value),
        heads,
      });
  const out = gated ? headGates(p, at, call, mixed) : mixed;
  return p.linear(`${at}.to_out.0`, out, { in: inner, out: outer });
}

function side(p: PassBuilder, at: string, which: 'q' | 'k', call: AttentionCall, inner: number): Value {
  const { eps, heads, pairs, turn } = call;
  const from = which === 'q' ? call.query : call.key;
  const product = p.linear(`${at}.to_${which}`, from, { in: lastOf(from), out: inner });
  const normed = p.rmsNorm(`${at}.norm_${which}`, product, eps);
  const by = which === 'q' ? turn?.query : turn?.key;
  if (!by) return normed;
  return p.rotary(`${at}.rotary_${which}`, normed, { ...by, heads, pairs });
}

/** Each head times 2·sigmoid of its logit. */
function headGates(p: PassBuilder, at: string, { query, heads, headWidth }: AttentionCall, x: Value): Value {
  const [rows = 1] = x.shape;
  const logits = p.linear(`${at}.to_gate_logits`, query, { in: lastOf(query), out: heads });
  const gates = p.scale(`${at}.gates`, p.sigmoid(`${at}.gates.half`, logits), 2);
  const apart = p.reshape(`${at}.heads`, x, [rows, heads, headWidth]);
  const gated = p.mul(`${at}.heads.gated`, apart, p.reshape(`${at}.gates.rows`, gates, [rows, heads, 1]));
  return p.reshape(`${at}.gated`, gated, [rows, heads * headWidth]);
}

function lastOf({ shape }: Value): number {
  const last = shape.at(-1);
  if (typeof last !== 'number') throw new TypeError('an attention reads rows of a known width');
  return last;
}

/** W2·gelu(W1·x), four times as wide in between. */
export function emitFeedForward(p: PassBuilder, at: string, x: Value, bias: boolean): Value {
  const width = lastOf(x);
  const wide = p.linear(`${at}.net.0.proj`, x, { in: width, out: 4 * width, bias });
  return p.linear(`${at}.net.2`, p.gelu(`${at}.gelu`, wide, 'tanh'), { in: 4 * width, out: width, bias });
}
