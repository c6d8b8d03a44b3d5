import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import type { GemmaConfig } from './config.js';

/**
 * Gemma 3's text stack on rows `[S, D]` of scaled embeddings, a span a layer; the last layer's rows are normed. Given: the
 * angles of both kinds of layer, `[S, K/2]` each, and what is added to scores, `[1, S, S]`: no token sees later ones, and
 * in windowed layers none that are far behind. Source: Gemma3TextModel of transformers.
 */
export function gemmaChain(config: GemmaConfig, name: string): ChainSpec {
  const { full, width, headWidth, eps } = config;
  return {
    name,
    least: [2, width],
    given: ([tokens = 1]) => {
      const angles = { type: 'float32', shape: [tokens, headWidth / 2] } as const;
      const mask = { type: 'float32', shape: [1, tokens, tokens] } as const;
      return Object.fromEntries(
        ['sliding', 'full'].flatMap((kind) => [
          [`${kind}.cos`, angles],
          [`${kind}.sin`, angles],
          [`${kind}.mask`, mask],
        ]),
      );
    },
    spans: full.map((_, i) => ({
      name: `layers.${i}`,
      emit: (g, x, given) => {
        const made = emitLayer(g, i, x, given, config);
        return i === full.length - 1 ? onePlusNorm(g, 'norm', made, width, eps) : made;
      },
    })),
  };
}

function emitLayer(
  g: GraphBuilder,
  i: number,
  x: Value,
  given: Readonly<Record<string, Value>>,
  config: GemmaConfig,
): Value {
  const { width, feedForward: wide, eps } = config;
  const at = `layers.${i}`;
  const norm = (part: string, value: Value): Value => onePlusNorm(g, `${at}.${part}`, value, width, eps);
  const attended = emitAttention(g, i, norm('input_layernorm', x), given, config);
  const middle = g.add(`${at}.attended`, x, norm('post_attention_layernorm', attended));
  const input = norm('pre_feedforward_layernorm', middle);
  const up = (part: string): Value =>
    g.linear(`${at}.mlp.${part}`, input, { in: width, out: wide, bias: false });
  const gated = g.mul(`${at}.mlp.gated`, g.gelu(`${at}.mlp.gelu`, up('gate_proj'), 'tanh'), up('up_proj'));
  const down = g.linear(`${at}.mlp.down_proj`, gated, { in: wide, out: width, bias: false });
  return g.add(at, middle, norm('post_feedforward_layernorm', down));
}

function emitAttention(
  g: GraphBuilder,
  i: number,
  x: Value,
  given: Readonly<Record<string, Value>>,
  config: GemmaConfig,
): Value {
  const { width, heads, keyHeads, headWidth, scale, eps, full } = config;
  const at = `layers.${i}.self_attn`;
  const table = (part: string): Value => {
    const found = given[`${full[i] ? 'full' : 'sliding'}.${part}`];
    if (!found) throw new TypeError(`${part} is given`);
    return found;
  };
  const [cos, sin, positions] = [table('cos'), table('sin'), g.index(`${at}.first`, [0])];
  const project = (part: string, many: number): Value =>
    g.linear(`${at}.${part}_proj`, x, { in: width, out: many * headWidth, bias: false });
  const turned = (part: string, many: number): Value => {
    const apart = g.reshape(`${at}.${part}.heads`, project(part, many), [
      Number(x.shape[0]),
      many,
      headWidth,
    ]);
    const normed = onePlusNorm(g, `${at}.${part}_norm`, apart, headWidth, eps);
    const flat = g.reshape(`${at}.${part}.flat`, normed, [Number(x.shape[0]), many * headWidth]);
    return g.rotary(`${at}.${part}.turned`, flat, { positions, cos, sin, heads: many, pairs: 'halves' });
  };
  const mixed = g.attention(`${at}.attention`, {
    q: turned('q', heads),
    k: turned('k', keyHeads),
    v: project('v', keyHeads),
    ...{ heads, keyHeads, scale, bias: table('mask') },
  });
  return g.linear(`${at}.o_proj`, mixed, { in: heads * headWidth, out: width, bias: false });
}

/** norm(x)·(1 + weight): Gemma stores how far its scales are from 1. */
function onePlusNorm(g: GraphBuilder, path: string, x: Value, width: number, eps: number): Value {
  const scale = g.add(`${path}.scale`, g.weight(`${path}.weight`, [width]), g.constant('one', [1], [1]));
  return g.mul(path, g.plainRmsNorm(`${path}.plain`, x, eps), scale);
}
