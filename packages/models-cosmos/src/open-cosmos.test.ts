import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  firstFrames,
  type GenerateOptions,
  generate,
  type HostTensor,
  type Lora,
  openCheckpoint,
  type VideoModel,
} from '@skipstone/core';
import { errorOf, lowRankCase } from '@skipstone/core/testing';
import { editedGolden, recorded } from '@skipstone/golden';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isCosmos } from './is-cosmos.js';
import { openCosmos } from './open-cosmos.js';
import { ORIGINAL } from './test-kit/original.js';

const RUN = fileURLToPath(new URL('../test-data/run-cosmos2-v2w', import.meta.url));
const T2I = fileURLToPath(new URL('../test-data/cosmos2-t2i', import.meta.url));

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-cosmos-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const tensor = (name: string): Promise<HostTensor> => recorded(RUN, name);

/** The golden run as a person would ask for it. */
async function asked(model: VideoModel): Promise<GenerateOptions> {
  const clean = await tensor('in.conditioning_latents');
  const data = (clean.data as Float32Array).filter((_, i) => Math.floor(i / 48) % 3 === 0);
  return {
    embeds: {
      cond: { text: await tensor('in.prompt_embeds') },
      uncond: { text: await tensor('in.negative_prompt_embeds') },
    },
    noise: { video: await tensor('in.noise') },
    given: firstFrames(model, { video: { type: 'float32', shape: [4, 1, 8, 6], data } }),
    ...{ width: 48, height: 64, frames: 9, steps: 8, guidance: 3, threads: 1 },
  };
}

const putConfig = (path: string, fields: object): Promise<void> =>
  writeFile(join(folder, path), JSON.stringify(fields));

describe('a run', () => {
  test('gives the latents of the reference, its clean frame kept', async () => {
    const model = await openCosmos(join(RUN, 'model.safetensors'));
    const { latents } = await generate(model, await asked(model)).result;
    expect(errorOf(latents, { video: await tensor('out.latents') })).toBeLessThan(1e-5);
  });

  test('of 35 steps evaluates each branch 34 times', async () => {
    const model = await openCosmos(join(RUN, 'model.safetensors'));
    const { ledger } = await generate(model, { ...(await asked(model)), steps: 35 }).result;
    expect(ledger.steps).toBe(35);
    for (const name of ['cond', 'uncond']) {
      expect(ledger.passes.filter(({ branch }) => branch === name)).toHaveLength(34);
    }
  });

  test('with fps is another one', async () => {
    const model = await openCosmos(join(RUN, 'model.safetensors'), { fps: 16 });
    const { latents } = await generate(model, await asked(model)).result;
    expect(errorOf(latents, { video: await tensor('out.latents') })).toBeGreaterThan(1e-2);
  });

  test('text to image takes no clean frames', async () => {
    const model = await openCosmos(join(T2I, 'model.safetensors'));
    await expect(generate(model, await asked(model)).result).rejects.toThrow(
      'tokens of video cannot be pinned',
    );
  });
});

const originalName = (module: string): string => ORIGINAL.rename?.(`${module}.`) ?? '';

test.each([
  ["the original's names", originalName],
  ["ComfyUI's", (module: string) => originalName(module).replace('net.', 'diffusion_model.')],
  ["diffusers'", (module: string) => `transformer.${module}.`],
])('low-rank additions under %s equal merging by hand', async (_, named) => {
  const checkpoint = join(RUN, 'model.safetensors');
  const { tensors } = await openCheckpoint(checkpoint);
  const products = [...tensors.values()].filter((e) => e.shape.length === 2 && /\.weight$/.test(e.name));
  const weights = products.map(({ name }) => name);
  const key = (module: string, side: string) => `${named(module)}lora_${side === 'down' ? 'A' : 'B'}.weight`;
  const { lora, merged } = await lowRankCase({ checkpoint, weights, folder, strength: 0.5, key });
  await copyFile(join(RUN, 'config.json'), join(folder, 'config.json'));
  const latentsOf = async (path: string, loras: readonly Lora[] = []) => {
    const model = await openCosmos(path, { loras });
    return (await generate(model, { ...(await asked(model)), steps: 3 }).result).latents;
  };
  const got = await latentsOf(checkpoint, [{ path: lora, strength: 0.5 }]);
  expect(errorOf(got, await latentsOf(merged))).toBeLessThan(1e-5);
  expect(errorOf(got, await latentsOf(checkpoint))).toBeGreaterThan(1e-2);
});

describe('2.5', () => {
  /** The tiny model with a projection of text in front: text of 5 → the 16 it reads. */
  async function later(): Promise<{
    readonly model: VideoModel;
    readonly project: (x: HostTensor) => HostTensor;
  }> {
    const W = Float32Array.from({ length: 80 }, (_, i) => Math.sin(i));
    const b = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i));
    await editedGolden(RUN, folder, {
      config: {
        use_crossattn_projection: true,
        crossattn_proj_in_channels: 5,
        encoder_hidden_states_channels: 16,
      },
      beside: {
        'crossattn_proj.0.weight': { type: 'float32', shape: [16, 5], data: W },
        'crossattn_proj.0.bias': { type: 'float32', shape: [16], data: b },
      },
    });
    const project = ({ shape, data }: HostTensor): HostTensor => {
      const rows = shape[0] ?? 0;
      const out = Float32Array.from({ length: rows * 16 }, (_, at) => {
        let sum = b[at % 16] ?? 0;
        for (let i = 0; i < 5; i++)
          sum += Number(data[Math.floor(at / 16) * 5 + i]) * (W[(at % 16) * 5 + i] ?? 0);
        return 0.5 * sum * (1 + erf(sum / Math.SQRT2));
      });
      return { type: 'float32', shape: [rows, 16], data: out };
    };
    return { model: await openCosmos(folder), project };
  }

  test('runs UniPC on its own grid, and projects its text once', async () => {
    const { model, project } = await later();
    const two = await openCosmos(join(RUN, 'model.safetensors'));
    const text = (seed: number): HostTensor => ({
      type: 'float32',
      shape: [7, 5],
      data: Float32Array.from({ length: 35 }, (_, i) => Math.sin(seed + i)),
    });
    const size = { width: 48, height: 64, frames: 9, steps: 4, threads: 1 };
    const embeds = { cond: { text: text(1) }, uncond: { text: text(2) } };
    const noise = { video: await tensor('in.noise') };
    const { latents, plan } = await generate(model, { ...size, embeds, noise }).result;
    const { sigmas } = plan.request.schedule;
    expect(plan.request.sampler.name).toBe('unipc');
    expect(sigmas.map((s) => Number(s.toFixed(6)))).toEqual([0.995025, 0.963125, 0.593979, 0.009901, 0]);
    const projected = { cond: { text: project(text(1)) }, uncond: { text: project(text(2)) } };
    const schedules = model.schedules ?? {};
    const same = { ...two, schedules };
    const options = { ...size, embeds: projected, noise, sampler: 'unipc', schedule: 'karras-flow' } as const;
    expect(errorOf(latents, (await generate(same, options).result).latents)).toBeLessThan(1e-5);
  });

  test('ends at the clean frame that it was given', async () => {
    const { model } = await later();
    const { given, noise } = await asked(model);
    const text = { type: 'float32' as const, shape: [7, 5], data: new Float32Array(35) };
    const embeds = { cond: { text }, uncond: { text } };
    const size = { width: 48, height: 64, frames: 9, steps: 4, threads: 1 };
    const more = { ...(noise ? { noise } : {}), ...(given ? { given } : {}) };
    const { latents } = await generate(model, { ...size, ...more, embeds }).result;
    const clean = await tensor('in.conditioning_latents');
    const frame = (host: HostTensor = clean) =>
      (host.data as Float32Array).filter((_, i) => Math.floor(i / 48) % 3 === 0);
    const want = frame(clean);
    const apart = frame(latents.video).map((x, i) => Math.abs(x - (want[i] ?? 0)));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
  });

  test('36 levels are those of the reference', async () => {
    const { model } = await later();
    const { sigmas = [], startScale } = model.schedules?.['karras-flow']?.({ steps: 36 }, {}) ?? {};
    expect(sigmas.slice(0, 2).map((s) => Number(s.toFixed(6)))).toEqual([0.995025, 0.994207]);
    expect(sigmas.slice(-2).map((s) => Number(s.toFixed(6)))).toEqual([0.009901, 0]);
    expect(startScale).toBeUndefined();
  });
});

describe('where a model lies', () => {
  test("diffusers' pipeline folder", async () => {
    await mkdir(join(folder, 'transformer'));
    await copyFile(join(T2I, 'config.json'), join(folder, 'transformer', 'config.json'));
    await copyFile(
      join(T2I, 'model.safetensors'),
      join(folder, 'transformer', 'diffusion_pytorch_model.safetensors'),
    );
    const { name, defaults } = await openCosmos(folder);
    expect([name, defaults.frames, defaults.guidanceForm]).toEqual(['cosmos', 1, 'cond']);
  });

  test('original names with a config.json', async () => {
    await editedGolden(RUN, folder, ORIGINAL);
    expect(await isCosmos(join(folder, 'model.safetensors'))).toBe(true);
    const model = await openCosmos(join(folder, 'model.safetensors'));
    const { latents } = await generate(model, await asked(model)).result;
    expect(errorOf(latents, { video: await tensor('out.latents') })).toBeLessThan(1e-5);
  });

  test('without a config.json it must be a published size', async () => {
    await copyFile(join(T2I, 'model.safetensors'), join(folder, 'model.safetensors'));
    await expect(openCosmos(folder)).rejects.toThrow('none of the published transformers');
  });

  test('a pickle is refused with the way out', async () => {
    await writeFile(join(folder, 'model-720p-16fps.pt'), 'PK');
    await expect(openCosmos(folder)).rejects.toThrow(/is a pickle[\s\S]*save_file/);
  });

  test.each([
    ['another model', { _class_name: 'WanTransformer3DModel' }, '_class_name'],
    ['a control branch', { controlnet_block_every_n: 7 }, 'controlnet_block_every_n'],
    ['an unknown flag', { some_new_flag: true }, 'Unrecognized key: "some_new_flag"'],
    ['two more channels', { in_channels: 6 }, 'in_channels 6, out_channels 4'],
  ])('%s is refused', async (_, fields, message) => {
    const own = JSON.parse(await readFile(join(T2I, 'config.json'), 'utf8'));
    await putConfig('config.json', { ...own, ...fields });
    await copyFile(join(T2I, 'model.safetensors'), join(folder, 'model.safetensors'));
    await expect(openCosmos(folder)).rejects.toThrow(message);
  });

  test('unknown options and a rate of nothing are refused', async () => {
    await expect(openCosmos(T2I, { fsp: 16 } as object)).rejects.toThrow("did you mean 'fps'?");
    await expect(openCosmos(T2I, { fps: 0 })).rejects.toThrow('fps is out of range');
  });
});

/** Its series: exact for what is small here. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
