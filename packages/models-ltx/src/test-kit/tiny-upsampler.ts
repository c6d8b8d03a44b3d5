import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostTensor, writeSafetensors } from '@skipstone/core';
import { randomFloats } from './random-floats.js';

export interface TinyUpsampler {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/** Numbers of each layer's kernel, by its name; `where` says which layer lies between both stretches. */
export function upsamplerShapes(
  config: { readonly channels: number; readonly width: number; readonly blocks: number },
  where: {
    readonly path: string;
    readonly kernel: readonly number[];
    readonly grows: number;
    /** Of all other convolutions. */
    readonly every?: readonly number[];
  },
): Readonly<Record<string, readonly number[]>> {
  const { channels, width, blocks } = config;
  const shapes: Record<string, readonly number[]> = {};
  const conv = (path: string, out: number, from: number, kernel = where.every ?? [3, 3, 3]): void => {
    shapes[`${path}.weight`] = [out, from, ...kernel];
    shapes[`${path}.bias`] = [out];
  };
  const norm = (path: string): void => {
    shapes[`${path}.weight`] = [width];
    shapes[`${path}.bias`] = [width];
  };
  conv('initial_conv', width, channels);
  norm('initial_norm');
  for (const at of ['res_blocks', 'post_upsample_res_blocks']) {
    for (let i = 0; i < blocks; i++) {
      for (const n of [1, 2]) {
        conv(`${at}.${i}.conv${n}`, width, width);
        norm(`${at}.${i}.norm${n}`);
      }
    }
  }
  conv(where.path, width * where.grows, width, where.kernel);
  conv('final_conv', channels, width);
  return shapes;
}

/** The form of each layer between both stretches. */
export const FORMS = {
  '2.0': { fields: { use_rational_resampler: true }, path: 'upsampler.conv', kernel: [3, 3], grows: 4 },
  '2.3': { fields: { use_rational_resampler: false }, path: 'upsampler.0', kernel: [3, 3], grows: 4 },
  'by 0.75': {
    fields: { use_rational_resampler: true, rational_spatial_scale: 0.75 },
    ...{ path: 'upsampler.conv', kernel: [3, 3], grows: 9 },
  },
  'by 1.5': {
    fields: { use_rational_resampler: true, rational_spatial_scale: 1.5 },
    ...{ path: 'upsampler.conv', kernel: [3, 3], grows: 9 },
  },
  'by 4': {
    fields: { use_rational_resampler: true, rational_spatial_scale: 4 },
    ...{ path: 'upsampler.conv', kernel: [3, 3], grows: 16 },
  },
  flat: {
    fields: { use_rational_resampler: false, dims: 2 },
    ...{ path: 'upsampler.0', kernel: [3, 3], grows: 4, every: [3, 3] },
  },
  temporal: {
    fields: { spatial_upsample: false, temporal_upsample: true },
    ...{ path: 'upsampler.0', kernel: [3, 3, 3], grows: 2 },
  },
  'temporal and spatial': {
    fields: { temporal_upsample: true },
    ...{ path: 'upsampler.0', kernel: [3, 3, 3], grows: 8 },
  },
} as const;

export type Form = keyof typeof FORMS;

const BINOMIAL = [1, 4, 6, 4, 1] as const;

/** A random upsampler with the fewest channels that group norm allows; norms differ from one. */
export function tinyUpsampler(form: Form, channels = 5): TinyUpsampler {
  const { fields, ...where } = FORMS[form];
  const { path } = where;
  const sizes = { channels, width: 32, blocks: 2 };
  const shapes = upsamplerShapes(sizes, where);
  const tensors: Record<string, HostTensor> = {};
  Object.entries(shapes).forEach(([name, shape], i) => {
    const isNorm = /norm\d?\.weight$/.test(name);
    tensors[name] = randomFloats(i + 1, shape, shape.length > 1 ? 0.06 : 0.2, isNorm ? 1 : 0);
  });
  if (path === 'upsampler.conv') {
    const data = Float32Array.from(BINOMIAL.flatMap((a) => BINOMIAL.map((b) => (a * b) / 256)));
    tensors['upsampler.blur_down.kernel'] = { type: 'float32', shape: [1, 1, 5, 5], data };
  }
  const config = { in_channels: channels, mid_channels: 32, num_blocks_per_stage: 2, ...fields };
  return { config: { _class_name: 'LTX2LatentUpsamplerModel', ...config }, tensors };
}

/** Writes it as a folder in diffusers' layout. */
export async function writeUpsampler(folder: string, { config, tensors }: TinyUpsampler): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'), tensors);
  return folder;
}
