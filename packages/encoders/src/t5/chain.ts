import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import type { T5Config } from './config.js';

/** Name of the table of positions that all blocks of a T5 read. */
export const FIRST_POSITIONS = 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight';

/**
 * The encoder on rows `[S, D]` of embedded tokens, a span a block. A UMT5 block finds its positions by `buckets`; in T5
 * they are the same for all, `bias` `[H, S, S]`. There is no padding: what padding would see is masked in the reference.
 */
export function t5Chain(config: T5Config, name: string): ChainSpec {
  const { blocks, width, heads, kind } = config;
  return {
    name,
    least: [2, width],
    given: ([tokens = 1]) =>
      kind === 'umt5'
        ? { buckets: { type: 'int64', shape: [tokens * tokens] } }
        : { bias: { type: 'float32', shape: [heads, tokens, tokens] } },
    spans: Array.from({ length: blocks }, (_, i) => ({
      name: `encoder.block.${i}`,
      emit: (g, x, given) => {
        const made = emitBlock(g, `encoder.block.${i}`, x, given, config);
        return i === blocks - 1 ? g.rmsNorm('encoder.final_layer_norm', made, config.eps) : made;
      },
    })),
  };
}

function emitBlock(
  g: GraphBuilder,
  at: string,
  x: Value,
  given: Readonly<Record<string, Value>>,
  config: T5Config,
): Value {
  const { width, heads, headWidth, eps } = config;
  const [self, inner] = [`${at}.layer.0.SelfAttention`, heads * headWidth];
  const normed = g.rmsNorm(`${at}.layer.0.layer_norm`, x, eps);
  const project = (part: string, from: Value, size: number, out: number): Value =>
    g.linear(`${self}.${part}`, from, { in: size, out, bias: false });
  const [q, k, v] = ['q', 'k', 'v'].map((part) => project(part, normed, width, inner)) as [
    Value,
    Value,
    Value,
  ];
  const bias = given.bias ?? ownBias(g, self, given.buckets, Number(x.shape[0]), config);
  // Scores are not divided by √K: T5 was trained with weights that are smaller instead.
  const mixed = g.attention(`${self}.attention`, { q, k, v, heads, scale: 1, bias });
  const attended = g.add(`${at}.layer.0`, x, project('o', mixed, inner, width));
  const fed = emitFeedForward(g, at, g.rmsNorm(`${at}.layer.1.layer_norm`, attended, eps), config);
  return g.add(`${at}.layer.1`, attended, fed);
}

function ownBias(
  g: GraphBuilder,
  self: string,
  buckets: Value | undefined,
  tokens: number,
  { heads, buckets: rows }: T5Config,
): Value {
  if (!buckets) throw new TypeError('positions or a bias are given');
  const table = g.weight(`${self}.relative_attention_bias.weight`, [rows, heads]);
  const each = g.gatherRows(`${self}.bias.rows`, table, buckets);
  const square = g.reshape(`${self}.bias.square`, each, [tokens, tokens, heads]);
  return g.transpose(`${self}.bias`, square, [2, 0, 1]);
}

function emitFeedForward(g: GraphBuilder, at: string, x: Value, config: T5Config): Value {
  const { width, feedForward: wide, gated } = config;
  const path = `${at}.layer.1.DenseReluDense`;
  const up = (part: string): Value => g.linear(`${path}.${part}`, x, { in: width, out: wide, bias: false });
  const inner = gated
    ? g.mul(`${path}.gated`, g.gelu(`${path}.gelu`, up('wi_0'), 'tanh'), up('wi_1'))
    : g.relu(`${path}.relu`, up('wi'));
  return g.linear(`${path}.wo`, inner, { in: wide, out: width, bias: false });
}
