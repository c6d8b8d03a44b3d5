import type { PassBuilder, Value } from '@skipstone/core';
import type { WanConfig } from './config.js';

/** The table of condition channels: `[N, 4·(C in − C)]`, in the order of latents' rows. */
export const CONDITION = 'condition';

/** No mask: the zero rows that pad a prompt take part in attention, as they do in the reference. */
export function emitText(p: PassBuilder, config: WanConfig): Value {
  const at = 'condition_embedder.text_embedder';
  const first = p.linear(`${at}.linear_1`, p.condition('text'), { in: config.textWidth, out: config.width });
  const active = p.gelu(`${at}.act`, first, 'tanh');
  return p.linear(`${at}.linear_2`, active, { in: config.width, out: config.width });
}

/** Both norms have torch's default eps, whatever the model's own is. */
const IMAGE_EPS = 1e-5;

/** An image encoder's tokens `[I, ·]` → `[I, D]`, for models that read some. */
export function emitImage(p: PassBuilder, { imageWidth: I, width: D }: WanConfig): Value | undefined {
  if (I === undefined) return undefined;
  const at = 'condition_embedder.image_embedder';
  const normed = p.layerNorm(`${at}.norm1`, p.condition('image'), { eps: IMAGE_EPS, affine: `${at}.norm1` });
  const wide = p.gelu(`${at}.act`, p.linear(`${at}.ff.net.0.proj`, normed, { in: I, out: I }), 'erf');
  const out = p.linear(`${at}.ff.net.2`, wide, { in: I, out: D });
  return p.layerNorm(`${at}.norm2`, out, { eps: IMAGE_EPS, affine: `${at}.norm2` });
}

interface Patches {
  /** What the product reads, `[A, 4·C in]`: channel, row, column (fastest). */
  readonly patches: Value;
  readonly hidden: Value;
}

/**
 * The patch convolution as a product. Rows come in the output's order (row, column, channel); the weight
 * wants channel first, so the input is turned around, since the weight is the user's file. Condition
 * channels follow those of the latents.
 */
export function emitPatches(p: PassBuilder, { width: D, channelsIn, channels: C }: WanConfig): Patches {
  const latents = p.latents('video');
  const [rows = 1] = latents.shape;
  let apart = p.reshape('patch_embedding.apart', latents, [rows, 4, C]);
  if (channelsIn > C) {
    const given = p.ownRows('video', 'patch_embedding.condition', p.table(CONDITION));
    const more = p.reshape('patch_embedding.condition.apart', given, [rows, 4, channelsIn - C]);
    apart = p.concat('patch_embedding.channels', [apart, more], 2);
  }
  const turned = p.transpose('patch_embedding.turned', apart, [0, 2, 1]);
  const patches = p.reshape('patch_embedding.flat', turned, [rows, 4 * channelsIn]);
  const weightShape = [D, channelsIn, 1, 2, 2];
  const hidden = p.linear('patch_embedding', patches, { in: 4 * channelsIn, out: D, weightShape });
  return { patches, hidden };
}
