import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type GenerateOptions,
  generate,
  type HostTensor,
  openCheckpoint,
  readTensor,
  type VideoModel,
  writeSafetensors,
} from '@skipstone/core';
import { recorded } from '@skipstone/golden';

/** The folder of a tiny model with random weights, as its package verifies it. */
export const tinyFolder = (family: 'wan' | 'cosmos' | 'ltx', name: string): string =>
  fileURLToPath(new URL(`../../../models-${family}/test-data/${name}`, import.meta.url));

/** Frames `from` to `to` of latents `[C, T, Y, X]`. */
export function framesOf({ type, shape, data }: HostTensor, from: number, to: number): HostTensor {
  const [channels = 0, frames = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const kept = Float32Array.from(data, Number).filter((_, i) => {
    const frame = Math.floor(i / area) % frames;
    return frame >= from && frame < to;
  });
  return { type, shape: [channels, to - from, height, width], data: kept };
}

/** Encoded prompts of a recorded run: `named` maps ports to its tensors; negative ones begin otherwise. */
export async function recordedEmbeds(
  folder: string,
  named: Readonly<Record<string, string>>,
  negative: (name: string) => string,
): Promise<{ cond: Record<string, HostTensor>; uncond: Record<string, HostTensor> }> {
  const embeds = { cond: {} as Record<string, HostTensor>, uncond: {} as Record<string, HostTensor> };
  for (const [port, name] of Object.entries(named)) {
    embeds.cond[port] = await recorded(folder, `in.${name}`);
    embeds.uncond[port] = await recorded(folder, `in.${negative(name)}`);
  }
  return embeds;
}

/** Writes encoded prompts as `--embeds` reads them. */
export async function putEmbeds(path: string, embeds: NonNullable<GenerateOptions['embeds']>): Promise<void> {
  const named = Object.entries(embeds).flatMap(([branch, ports]) =>
    Object.entries(ports ?? {}).map(([port, tensor]) => [`${branch}.${port}`, tensor] as const),
  );
  await writeSafetensors(path, Object.fromEntries(named));
}

/** A pipeline folder of one transformer or of two experts, made of a tiny model's file. */
export async function putPipeline(
  tiny: string,
  folder: string,
  experts: readonly string[],
  said: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const expert of experts) {
    await mkdir(join(folder, expert), { recursive: true });
    await copyFile(join(tiny, 'config.json'), join(folder, expert, 'config.json'));
    const { tensors } = await openCheckpoint(join(tiny, 'model.safetensors'));
    const own = [...tensors.values()].flatMap((entry) => {
      if (experts.length === 1) return [[entry.name, entry] as const];
      const start = `${expert}.`;
      return entry.name.startsWith(start) ? [[entry.name.slice(start.length), entry] as const] : [];
    });
    const read = own.map(async ([name, entry]) => [name, await readTensor(entry)] as const);
    const path = join(folder, expert, 'diffusion_pytorch_model.safetensors');
    await writeSafetensors(path, Object.fromEntries(await Promise.all(read)));
  }
  const class_ = ['diffusers', 'WanTransformer3DModel'];
  const parts = Object.fromEntries(experts.map((expert) => [expert, class_]));
  const index = { _class_name: 'WanPipeline', ...parts, ...said };
  await writeFile(join(folder, 'model_index.json'), JSON.stringify(index));
}

/** Latents of a run through the API, by the names of `--latents-out`. */
export async function latentsOf(
  model: VideoModel,
  options: GenerateOptions,
): Promise<Readonly<Record<string, HostTensor>>> {
  const { latents } = await generate(model, options).result;
  const streams = Object.entries(latents);
  return Object.fromEntries(
    streams.map(([stream, tensor]) => [streams.length === 1 ? 'latents' : `latents.${stream}`, tensor]),
  );
}
