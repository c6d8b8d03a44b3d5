import { checkedJson, type HostTensor } from '@skipstone/core';
import { z } from 'zod';
import { centreCrop, type Picture, toTensor } from './picture.js';
import { type Filter, resize } from './resize.js';

const side = z.int().positive().max(4096);
const three = z.tuple([z.number(), z.number(), z.number()]);

/** Defaults are CLIP's own. */
const schema = z.object({
  image_processor_type: z.enum(['CLIPImageProcessor', 'CLIPImageProcessorFast']).optional(),
  size: z.union([side, z.object({ shortest_edge: side })]).default(224),
  crop_size: z.union([side, z.object({ height: side, width: side })]).default(224),
  do_resize: z.literal(true).optional(),
  do_center_crop: z.literal(true).optional(),
  do_normalize: z.literal(true).optional(),
  do_rescale: z.literal(true).optional(),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  resample: z.union([z.literal(1), z.literal(2), z.literal(3)]).default(3),
  image_mean: three.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: three.default([0.26862954, 0.26130258, 0.27577711]),
});

/** How Pillow counts its filters. */
const FILTERS: Readonly<Record<1 | 2 | 3, Filter>> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };

/**
 * What an image encoder reads of a picture, `[3, side, side]`, as its `preprocessor_config.json` says: the shorter side
 * brought to a length, the middle cut out, colours normalised. Error `image-processor`.
 */
export function clipPixels(picture: Picture, json: unknown, origin: string): HostTensor {
  const c = checkedJson(schema, json, {
    code: 'image-processor',
    what: `${origin}: pictures cannot be prepared so`,
    need: 'CLIPImageProcessor: the shorter side resized, the middle cut out, normalised',
    do: 'use the preprocessor_config.json that the model was published with',
  });
  const shortest = typeof c.size === 'number' ? c.size : c.size.shortest_edge;
  const crop = typeof c.crop_size === 'number' ? { width: c.crop_size, height: c.crop_size } : c.crop_size;
  const { width, height } = picture;
  const long = Math.trunc((shortest * Math.max(width, height)) / Math.min(width, height));
  const [w, h] = width <= height ? [shortest, long] : [long, shortest];
  const middle = centreCrop(resize(picture, w, h, FILTERS[c.resample]), crop);
  return toTensor(middle, (value, channel) => {
    const scaled = Math.fround(value * c.rescale_factor);
    return (scaled - (c.image_mean[channel] ?? 0)) / (c.image_std[channel] ?? 1);
  });
}
