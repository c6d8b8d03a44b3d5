import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ModelSpec,
  openCheckpoint,
  openModel,
  readTensor,
  withLowRank,
  writeSafetensors,
} from '@skipstone/core';
import {
  errorOf,
  groupedReuse,
  lowRankCase,
  modelLaws,
  runOn,
  type Subject,
  sameBytes,
} from '@skipstone/core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diffusersName } from './keys.js';
import { openLtx } from './open-ltx.js';
import { GRID, goldenFolder, goldenSubject, TINY } from './test-kit/golden-subject.js';
import { originalName } from './test-kit/original-name.js';

const CHECKPOINT = join(goldenFolder('run-ltx2-3'), 'model.safetensors');
const RUN = { steps: 3 };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-ltx-lora-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Every matrix of the transformer: attention of both streams and between them, feed-forward, clocks, ends. */
async function matrices(): Promise<readonly string[]> {
  const { tensors } = await openCheckpoint(CHECKPOINT);
  return [...tensors.values()]
    .filter((e) => e.shape.length === 2 && /\.weight$/.test(e.name))
    .map((e) => e.name);
}

/** As Lightricks publishes them. */
const published = (module: string, side: string): string =>
  `${originalName(module).replace(/^model\./, '')}.lora_${side === 'down' ? 'A' : 'B'}.weight`;

const made = async (folder: string, strength = 1) =>
  lowRankCase({ ...{ checkpoint: CHECKPOINT, weights: await matrices(), folder, strength }, key: published });

const openedWith = async (path: string, strength: number): Promise<Subject> => {
  const { phases } = await openLtx(goldenFolder('run-ltx2-3'), { ...TINY, loras: [{ path, strength }] });
  return { ...(await goldenSubject('run-ltx2-3')), models: phases.map(({ model }) => model) };
};

describe('low-rank additions', { timeout: 60_000 }, () => {
  it('to every matrix of the transformer equal merging by hand, in all four branches', async () => {
    const { lora, merged } = await made(folder, 0.3);
    const plain = await goldenSubject('run-ltx2-3');
    const [model] = plain.models;
    if (!model) throw new Error('no model');
    const byHand = { ...plain, models: [openModel(model.spec, await openCheckpoint(merged))] };
    const added = await openedWith(lora, 0.3);
    expect(added.models[0]?.weights.added).toMatchObject([{ products: (await matrices()).length }]);
    const [got, want] = [await runOn(added, RUN), await runOn(byHand, RUN)];
    expect(errorOf(got.latents, want.latents)).toBeLessThan(1e-5);
    expect(errorOf((await runOn(plain, RUN)).latents, want.latents)).toBeGreaterThan(1e-2);
    const none = await runOn(await openedWith(lora, 0), RUN);
    expect(sameBytes(none.latents, (await runOn(plain, RUN)).latents)).toBe(true);
  });

  it('may have underscores for dots', async () => {
    const key = (module: string, side: string) =>
      `lora_unet_${originalName(module).replace('model.diffusion_model.', '').replaceAll('.', '_')}.lora_${side}.weight`;
    const weights = await matrices();
    const { lora } = await lowRankCase({ checkpoint: CHECKPOINT, weights, folder, key });
    expect((await openedWith(lora, 1)).models[0]?.weights.added).toMatchObject([
      { products: weights.length },
    ]);
  });

  it('to text connectors are left to them and counted, and refused where there is nothing else', async () => {
    const { lora } = await made(folder);
    const { tensors } = await openCheckpoint(lora);
    const all = await Promise.all(
      [...tensors].map(async ([name, e]) => [name, await readTensor(e)] as const),
    );
    const connectors = Object.fromEntries(
      ['text_embedding_projection.aggregate_embed', 'diffusion_model.video_embeddings_connector.x'].flatMap(
        (module) =>
          ['A', 'B'].map((side) => {
            const data = new Float32Array(6);
            return [`${module}.lora_${side}.weight`, { type: 'float32' as const, shape: [2, 3], data }];
          }),
      ),
    );
    const path = join(folder, 'both.safetensors');
    await writeSafetensors(path, { ...Object.fromEntries(all), ...connectors });
    expect((await openedWith(path, 1)).models[0]?.weights.added).toMatchObject([{ elsewhere: 2 }]);
    await writeSafetensors(path, connectors);
    await expect(openedWith(path, 1)).rejects.toThrow('nothing in it is for the transformer');
  });
});

describe('a model with additions', { timeout: 60_000 }, async () => {
  const own = await mkdtemp(join(tmpdir(), 'skipstone-ltx-lora-'));
  afterAll(() => rm(own, { recursive: true, force: true }));
  const { lora, merged } = await made(own, 0.3);
  const plain = await goldenSubject('run-ltx2-3');
  const added = (model: Subject['models'][number]) =>
    withLowRank(model, [{ path: lora, strength: 0.3 }], { renames: diffusersName });
  const subject = { ...plain, name: 'ltx with loras', models: await Promise.all(plain.models.map(added)) };
  it.each(modelLaws(subject))('$name', (law) => law.check());

  it('computes some tokens and reuses residuals as the merged one does', async () => {
    const models = [openModel(plain.models[0]?.spec as ModelSpec, await openCheckpoint(merged))];
    const rows = GRID.frames * GRID.height * GRID.width;
    const groups = { video: Int32Array.from({ length: rows }, (_, i) => i % 3) };
    const reuse = Array.from({ length: 8 }, (_, i) => i % 2 === 1);
    const options = { tap: 'blocks.0.cross_attn_out', groups, strides: [1, 2, 4], reuse, early: 2, late: 1 };
    const run = () => ({ steps: 8, plugins: [groupedReuse(options)] });
    const [got, want] = [await runOn(subject, run()), await runOn({ ...plain, models }, run())];
    expect(errorOf(got.latents, want.latents)).toBeLessThan(1e-5);
    expect(got.ledger.passes.map(({ rows }) => rows)).toEqual(want.ledger.passes.map(({ rows }) => rows));
    // At four of eight steps, in each of four branches.
    expect(got.ledger.decisions.filter(({ key, value }) => key === 'reuse' && value === true)).toHaveLength(
      4 * 4,
    );
  });
});
