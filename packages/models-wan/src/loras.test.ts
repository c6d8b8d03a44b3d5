import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostTensor, type Lora, openCheckpoint, readTensor, writeSafetensors } from '@skipstone/core';
import {
  errorOf,
  groupedReuse,
  lowRankCase,
  modelLaws,
  pluginLaws,
  runOn,
  type Subject,
  sameBytes,
} from '@skipstone/core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWan } from './open-wan.js';
import { copyModel, goldenFolder, goldenTensor, putJson } from './test-kit/golden-folder.js';
import { originalName } from './test-kit/original-name.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-wan-lora-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const WAN = 'run-wan21-euler';
const checkpointOf = (name: string): string => join(goldenFolder(name), 'model.safetensors');

/** Every weight of a product: matrices, and the patch convolution. */
async function productsOf(checkpoint: string): Promise<readonly string[]> {
  const { tensors } = await openCheckpoint(checkpoint);
  return [...tensors.values()]
    .filter((e) => e.shape.length > 1 && /\.weight$/.test(e.name))
    .map((e) => e.name);
}

/** As ComfyUI's converters and musubi-tuner's (with dots) name them. */
const comfy = (module: string, side: string): string => {
  const at = `diffusion_model.${originalName(module)}`;
  return side === 'alpha' ? `${at}.alpha` : `${at}.lora_${side}.weight`;
};

/** As musubi-tuner writes them. */
const musubi = (module: string, side: string): string =>
  comfy(module, side).replace(
    /^diffusion_model\.(.+?)(?=\.(?:lora_|alpha))/,
    (_, name: string) => `lora_unet_${name.replaceAll('.', '_')}`,
  );

const subjectOf = async (path: string, name: string, loras: readonly Lora[] = []): Promise<Subject> => ({
  name: 'wan',
  models: (await openWan(path, { loras })).phases.map(({ model }) => model),
  grid: { frames: 3, height: 8, width: 6 },
  lengths: { S: 9 },
  conditions: {
    cond: { text: await goldenTensor(name, 'in.prompt_embeds') },
    uncond: { text: await goldenTensor(name, 'in.negative_prompt_embeds') },
  },
  latents: { video: await goldenTensor(name, 'in.latents') },
});

const latentsOf = async (subject: Subject) => (await runOn(subject, { steps: 4 })).latents;

describe('low-rank additions', { timeout: 60_000 }, () => {
  it.each([
    ['ComfyUI', comfy],
    ['musubi-tuner', musubi],
  ])('to every product equal merging by hand; at strength 0 nothing changes (%s)', async (_, key) => {
    const checkpoint = checkpointOf(WAN);
    const weights = await productsOf(checkpoint);
    const files = await lowRankCase({ checkpoint, weights, folder, strength: 0.5, alpha: 2, key });
    await copyFile(join(goldenFolder(WAN), 'config.json'), join(folder, 'config.json'));
    const plain = await subjectOf(goldenFolder(WAN), WAN);
    const added = await subjectOf(goldenFolder(WAN), WAN, [{ path: files.lora, strength: 0.5 }]);
    expect(added.models[0]?.weights.added).toMatchObject([
      { products: weights.length, rank: 4, elsewhere: 0 },
    ]);
    const want = await latentsOf(await subjectOf(files.merged, WAN));
    expect(errorOf(await latentsOf(added), want)).toBeLessThan(1e-5);
    expect(errorOf(await latentsOf(plain), want)).toBeGreaterThan(1e-2);
    const none = await subjectOf(goldenFolder(WAN), WAN, [{ path: files.lora, strength: 0 }]);
    expect(sameBytes(await latentsOf(none), await latentsOf(plain))).toBe(true);
  });

  it('to a patch convolution may be stored as convolutions', async () => {
    const checkpoint = checkpointOf(WAN);
    const files = await lowRankCase({ checkpoint, weights: ['patch_embedding.weight'], folder });
    const { tensors } = await openCheckpoint(files.lora);
    const [down, up] = await Promise.all(
      ['A', 'B'].map(async (side) => {
        const entry = tensors.get(`patch_embedding.lora_${side}.weight`);
        if (!entry) throw new Error(`no ${side}`);
        return readTensor(entry);
      }),
    );
    if (!down || !up) throw new Error('no factors');
    const path = join(folder, 'convolutions.safetensors');
    await writeSafetensors(path, {
      'transformer.patch_embedding.lora_A.weight': { ...down, shape: [4, 4, 1, 2, 2] },
      'transformer.patch_embedding.lora_B.weight': { ...up, shape: [32, 4, 1, 1, 1] },
    });
    await copyFile(join(goldenFolder(WAN), 'config.json'), join(folder, 'config.json'));
    const added = await subjectOf(goldenFolder(WAN), WAN, [{ path }]);
    const want = await latentsOf(await subjectOf(files.merged, WAN));
    expect(errorOf(await latentsOf(added), want)).toBeLessThan(1e-5);
  });
});

describe('whole differences', { timeout: 60_000 }, () => {
  it('of norms, modulations and the patch convolution equal merging by hand', async () => {
    const { tensors } = await openCheckpoint(checkpointOf(WAN));
    const model: Record<string, HostTensor> = {};
    for (const [name, entry] of tensors) model[name] = await readTensor(entry);
    const differences: Record<string, HostTensor> = {};
    for (const [stored, name] of [
      ['diffusion_model.blocks.0.modulation.diff', 'blocks.0.scale_shift_table'],
      ['diffusion_model.blocks.1.diff_m', 'blocks.1.scale_shift_table'],
      ['diffusion_model.head.diff_m', 'scale_shift_table'],
      ['diffusion_model.blocks.0.norm3.w_norm', 'blocks.0.norm2.weight'],
      ['diffusion_model.blocks.0.norm3.diff_b', 'blocks.0.norm2.bias'],
      ['lora_unet__blocks_1_self_attn_norm_q.diff', 'blocks.1.attn1.norm_q.weight'],
      ['pipe.dit.patch_embedding.diff', 'patch_embedding.weight'],
    ] as const) {
      const whole = model[name];
      if (!whole) throw new Error(`no ${name}`);
      const data = Float32Array.from(whole.data as Float32Array, (_, i) => Math.sin(i + stored.length) / 4);
      differences[stored] = { type: 'float32', shape: whole.shape, data };
      model[name] = { ...whole, data: data.map((d, i) => Number(whole.data[i]) + d / 2) };
    }
    const [path, merged] = [join(folder, 'diff.safetensors'), join(folder, 'model.safetensors')];
    await writeSafetensors(path, differences);
    await writeSafetensors(merged, model);
    await copyFile(join(goldenFolder(WAN), 'config.json'), join(folder, 'config.json'));
    const added = await subjectOf(goldenFolder(WAN), WAN, [{ path, strength: 0.5 }]);
    expect(errorOf(await latentsOf(added), await latentsOf(await subjectOf(merged, WAN)))).toBeLessThan(1e-5);
  });
});

describe('two experts', { timeout: 60_000 }, () => {
  const A14B = 'run-wan22-a14b';
  const expert = (name: string): string => join(folder, name, 'diffusion_pytorch_model.safetensors');

  async function putExperts(): Promise<void> {
    const part = ['diffusers', 'WanTransformer3DModel'];
    const config = JSON.parse(await readFile(join(goldenFolder(A14B), 'config.json'), 'utf8'));
    for (const name of ['transformer', 'transformer_2']) {
      await putJson(join(folder, name, 'config.json'), config);
      await copyModel(A14B, expert(name), (stored) =>
        stored.startsWith(`${name}.`) ? stored.slice(name.length + 1) : undefined,
      );
    }
    await putJson(join(folder, 'model_index.json'), {
      ...{ _class_name: 'WanPipeline', transformer: part, transformer_2: part, boundary_ratio: 0.875 },
    });
  }

  it.each([
    ['both', undefined, ['transformer', 'transformer_2']],
    ['the one that is named', 'low-noise', ['transformer_2']],
  ] as const)('get additions: %s', async (_, phase, merged) => {
    await putExperts();
    const to = await mkdtemp(join(folder, 'lora-'));
    const weights = ['blocks.0.attn1.to_q.weight', 'blocks.2.ffn.net.2.weight', 'proj_out.weight'];
    const made = (name: string) =>
      lowRankCase({ checkpoint: expert(name), weights, folder: to, key: comfy, alpha: 4 });
    const { lora } = await made('transformer');
    const added = await subjectOf(folder, A14B, [{ path: lora, ...(phase ? { phase } : {}) }]);
    expect(added.models.map(({ weights }) => weights.added?.length ?? 0)).toEqual([merged.length - 1, 1]);
    const got = await latentsOf(added);
    for (const name of merged) await copyFile((await made(name)).merged, expert(name));
    expect(errorOf(got, await latentsOf(await subjectOf(folder, A14B)))).toBeLessThan(1e-5);
  });

  it.each([
    ['both', ['transformer', 'transformer_2'], [1, 1]],
    ['the second alone', ['transformer_2'], [0, 1]],
    ['both, by the original release’s names', ['high_noise_model', 'low_noise_model'], [1, 1]],
  ] as const)('get their own of one file: %s', async (_, prefixes, counts) => {
    await putExperts();
    const to = await mkdtemp(join(folder, 'lora-'));
    const whole: Record<string, HostTensor> = {};
    for (const prefix of prefixes) {
      const name = /2|low/.test(prefix) ? 'transformer_2' : 'transformer';
      const weights = name === 'transformer' ? ['blocks.0.attn1.to_q.weight'] : ['proj_out.weight'];
      const key = (module: string, side: string) =>
        `${prefix}.${module}.${side === 'alpha' ? side : `lora_${side === 'down' ? 'A' : 'B'}.weight`}`;
      const { lora, merged } = await lowRankCase({ checkpoint: expert(name), weights, folder: to, key });
      for (const [stored, entry] of (await openCheckpoint(lora)).tensors)
        whole[stored] = await readTensor(entry);
      await copyFile(merged, join(to, `${name}.st`));
    }
    const path = join(to, 'both.safetensors');
    await writeSafetensors(path, whole);
    const added = await subjectOf(folder, A14B, [{ path }]);
    expect(added.models.map(({ weights }) => weights.added?.length ?? 0)).toEqual(counts);
    const got = await latentsOf(added);
    if (counts[0] === 0) {
      const named = openWan(folder, { loras: [{ path, phase: 'high-noise' }] });
      await expect(named).rejects.toThrow('it adds nothing to the phase high-noise');
    }
    for (const [i, name] of ['transformer', 'transformer_2'].entries()) {
      if (counts[i] === 1) await copyFile(join(to, `${name}.st`), expert(name));
    }
    expect(errorOf(got, await latentsOf(await subjectOf(folder, A14B)))).toBeLessThan(1e-5);
  });

  it('are named rightly, or the error knows better', async () => {
    await putExperts();
    const opening = openWan(folder, { loras: [{ path: 'x.safetensors', phase: 'low-nois' }] });
    await expect(opening).rejects.toThrow('did you mean low-noise?');
    const wrong = { path: 'x.safetensors', scale: 1 } as Lora;
    await expect(openWan(folder, { loras: [wrong] })).rejects.toThrow("has no option 'scale'");
  });
});

describe('a model with additions', { timeout: 60_000 }, async () => {
  const own = await mkdtemp(join(tmpdir(), 'skipstone-wan-lora-'));
  afterAll(() => rm(own, { recursive: true, force: true }));
  const checkpoint = checkpointOf(WAN);
  const { lora } = await lowRankCase({
    checkpoint,
    weights: await productsOf(checkpoint),
    folder: own,
    key: comfy,
  });
  const subject = {
    ...(await subjectOf(goldenFolder(WAN), WAN, [{ path: lora, strength: 0.5 }])),
    name: 'wan with loras',
  };
  const groups = { video: Int32Array.from({ length: 36 }, (_, i) => i % 3) };
  const grouped = { tap: 'blocks.0.cross_attn_out', groups, early: 4, late: 1 };
  const reuse = Array.from({ length: 12 }, (_, i) => i % 2 === 1);
  it.each([
    ...modelLaws(subject),
    ...pluginLaws(subject, {
      name: 'grouped-reuse',
      on: () => groupedReuse({ ...grouped, reuse, strides: [1, 2, 4] }),
      off: () => groupedReuse({ ...grouped, reuse: [], strides: [1, 1, 1] }),
      warmup: 1,
      hit: (d) => d.key === 'reuse' && d.value === true,
    }),
  ])('$name', (law) => law.check());
});
