import type { ChainSpec, GraphBuilder, Value } from '@skipstone/core';
import type { ClipConfig } from './config.js';

/** Layers that nobody reads: only the state before the last layer is wanted. */
export const unreadOf = ({ blocks }: ClipConfig): readonly (string | RegExp)[] => [
  new RegExp(`^encoder\\.layers\\.${blocks - 1}\\.`),
  /^post_layernorm\./,
  /^visual_projection\./,
  /^text_model\.|^text_projection\.|^logit_scale$/,
  /position_ids$/,
];

/**
 * CLIP's vision encoder on pixels `[1, 3, side, side]`, to the state before its last layer, `[1 + patches, D]`: what Wan2.1's
 * image to video reads. Source: CLIPVisionModel of transformers, hidden_states[-2].
 */
export function clipChain(config: ClipConfig, name: string): ChainSpec {
  const { side, blocks } = config;
  return {
    name,
    least: [1, 3, side, side],
    spans: [
      { name: 'embeddings', emit: (g, x) => emitEmbeddings(g, x, config) },
      ...Array.from({ length: blocks - 1 }, (_, i) => ({
        name: `encoder.layers.${i}`,
        emit: (g: GraphBuilder, x: Value) => emitLayer(g, `encoder.layers.${i}`, x, config),
      })),
    ],
  };
}

function emitEmbeddings(g: GraphBuilder, x: Value, { width, side, patch, eps }: ClipConfig): Value {
  const patches = (side / patch) ** 2;
  const weight = g.weight('embeddings.patch_embedding.weight', [width, 3, patch, patch]);
  const made = g.conv('embeddings.patch_embedding', x, { weight, stride: [patch, patch] });
  const rows = g.transpose('embeddings.rows', g.reshape('embeddings.flat', made, [width, patches]), [1, 0]);
  const first = g.weight('embeddings.class_embedding', [width], [1, width]);
  const all = g.concat('embeddings.all', [first, rows], 0);
  const places = g.weight('embeddings.position_embedding.weight', [patches + 1, width]);
  // Spelled so in the checkpoints.
  return g.layerNorm('pre_layrnorm', g.add('embeddings', all, places), { eps, affine: 'pre_layrnorm' });
}

function emitLayer(g: GraphBuilder, at: string, x: Value, config: ClipConfig): Value {
  const { width, heads, feedForward: wide, eps } = config;
  const norm = (part: string, value: Value): Value =>
    g.layerNorm(`${at}.${part}`, value, { eps, affine: `${at}.${part}` });
  const project = (part: string, from: Value): Value =>
    g.linear(`${at}.self_attn.${part}_proj`, from, { in: width, out: width });
  const input = norm('layer_norm1', x);
  const [q, k, v] = ['q', 'k', 'v'].map((part) => project(part, input)) as [Value, Value, Value];
  const attended = project('out', g.attention(`${at}.self_attn.attention`, { q, k, v, heads }));
  const middle = g.add(`${at}.attended`, x, attended);
  const up = g.linear(`${at}.mlp.fc1`, norm('layer_norm2', middle), { in: width, out: wide });
  const down = g.linear(`${at}.mlp.fc2`, g.gelu(`${at}.mlp.gelu`, up, 'erf'), { in: wide, out: width });
  return g.add(at, middle, down);
}
