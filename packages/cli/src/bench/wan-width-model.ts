import { join } from 'node:path';
import { writeSafetensors } from '@skipstone/core';

/** Wan2.1-1.3B's widths with four of its thirty blocks: `config.json` as diffusers has it. */
export const WAN_WIDTH_CONFIG = {
  _class_name: 'WanTransformer3DModel',
  patch_size: [1, 2, 2],
  num_attention_heads: 12,
  attention_head_dim: 128,
  in_channels: 16,
  out_channels: 16,
  text_dim: 4096,
  freq_dim: 256,
  ffn_dim: 8960,
  num_layers: 4,
  cross_attn_norm: true,
  qk_norm: 'rms_norm_across_heads',
  eps: 1e-6,
} as const;

const D = WAN_WIDTH_CONFIG.num_attention_heads * WAN_WIDTH_CONFIG.attention_head_dim;
const F = WAN_WIDTH_CONFIG.ffn_dim;

/**
 * Writes `wan-1.3b-width` with seeded random weights as one float32 file, 0.85 GB, tensor by tensor. Sizes of
 * values are those of a network at its beginning, so that every block matters to the prediction: matrices
 * N(0, 1/in) (0.0255 at 1,536 columns, 0.0106 at 8,960), norms 1 + N(0, 0.02²), biases N(0, 0.02²), modulation
 * tables N(0, 0.5²). Returns the file.
 */
export async function writeWanWidthModel(folder: string, seed = 1): Promise<string> {
  const file = join(folder, 'wan-1.3b-width.safetensors');
  const tensors = Object.entries(wanWidthShapes()).map(([name, shape], index) => {
    const [mean, deviation] = spread(name, shape);
    const pieces = () => normalPieces(size(shape), mean, deviation, seed * 1000 + index);
    return [name, { dtype: 'F32' as const, shape, pieces }] as const;
  });
  await writeSafetensors(file, Object.fromEntries(tensors));
  return file;
}

/** Names and shapes of every tensor. */
export function wanWidthShapes(): Readonly<Record<string, readonly number[]>> {
  const shapes: Record<string, readonly number[]> = {};
  const linear = (name: string, out: number, width: number): void => {
    shapes[`${name}.weight`] = [out, width];
    shapes[`${name}.bias`] = [out];
  };
  const { text_dim, freq_dim, in_channels, out_channels, num_layers } = WAN_WIDTH_CONFIG;
  linear('condition_embedder.time_embedder.linear_1', D, freq_dim);
  linear('condition_embedder.time_embedder.linear_2', D, D);
  linear('condition_embedder.time_proj', 6 * D, D);
  linear('condition_embedder.text_embedder.linear_1', D, text_dim);
  linear('condition_embedder.text_embedder.linear_2', D, D);
  linear('proj_out', 4 * out_channels, D);
  shapes['patch_embedding.weight'] = [D, in_channels, 1, 2, 2];
  shapes['patch_embedding.bias'] = [D];
  shapes.scale_shift_table = [1, 2, D];
  for (let i = 0; i < num_layers; i++) {
    const at = `blocks.${i}`;
    shapes[`${at}.scale_shift_table`] = [1, 6, D];
    shapes[`${at}.norm2.weight`] = [D];
    shapes[`${at}.norm2.bias`] = [D];
    for (const attn of ['attn1', 'attn2']) {
      for (const part of ['to_q', 'to_k', 'to_v', 'to_out.0']) linear(`${at}.${attn}.${part}`, D, D);
      shapes[`${at}.${attn}.norm_q.weight`] = [D];
      shapes[`${at}.${attn}.norm_k.weight`] = [D];
    }
    linear(`${at}.ffn.net.0.proj`, F, D);
    linear(`${at}.ffn.net.2`, D, F);
  }
  return shapes;
}

function spread(name: string, shape: readonly number[]): readonly [mean: number, deviation: number] {
  if (name.endsWith('scale_shift_table')) return [0, 0.5];
  if (/norm\w*\.weight$/.test(name)) return [1, 0.02];
  if (name.endsWith('.bias')) return [0, 0.02];
  return [0, Math.sqrt(1 / size(shape.slice(1)))];
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Values a stretch that is written at once. */
const STRETCH = 2 ** 20;

function* normalPieces(
  count: number,
  mean: number,
  deviation: number,
  seed: number,
): Generator<Uint8Array, void> {
  const next = normals(seed);
  for (let at = 0; at < count; at += STRETCH) {
    const values = Float32Array.from(
      { length: Math.min(STRETCH, count - at) },
      () => mean + deviation * next(),
    );
    yield new Uint8Array(values.buffer);
  }
}

/** Standard normal values that look random and are the same everywhere: quantiles of a seeded sequence. */
export function normals(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return QUANTILES[state >>> 16] ?? 0;
  };
}

/** The normal distribution's quantiles at (i + ½) / 2^16, by stepping through its density. */
const QUANTILES = quantiles(2 ** 16);

function quantiles(count: number): Float32Array {
  const table = new Float32Array(count);
  let [x, mass] = [0, 0.5];
  for (let i = count / 2; i < count; i++) {
    const target = (i + 0.5) / count;
    while (mass < target) {
      // The midpoint rule with steps that shrink as the tail thins.
      const step = Math.min(1e-3, 0.05 / (count * density(x)));
      mass += step * density(x + step / 2);
      x += step;
    }
    table[i] = x;
    table[count - 1 - i] = -x;
  }
  return table;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
