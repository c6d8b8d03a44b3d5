import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/open.js';
import { type StreamedTensor, writeSafetensors } from '../../checkpoint/write.js';
import { SkipstoneError } from '../../error.js';
import { only } from '../../guidance/only.js';
import { workOf } from '../../plan/cut/work.js';
import { explain } from '../../plan/explain.js';
import type { PlanSettings } from '../../plan/plan.js';
import { quantisedWeights } from '../../quantise/sidecar.js';
import type { HostTensor } from '../../spec/tensor.js';
import { type LowRankCase, lowRankCase } from '../../testing/low-rank-case.js';
import { someTensor } from '../../testing/small/run-graph.js';
import { WIDE, wideModel, wideSpec } from '../../testing/small/wide.js';
import { errorOf, planOn, runOn, type Subject, sameBytes } from '../../testing/subject.js';
import { type OpenModel, openModel } from '../model-weights.js';
import { type LowRankOptions, withLowRank } from './with-low-rank.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skipstone-lora-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A matrix quantised at other times, one that is narrow, one stored as a convolution, one of the clock. */
const WEIGHTS = ['time_proj.weight', 'blocks.0.fc.weight', 'blocks.0.down.weight', 'blocks.0.conv.weight'];

const fileOf = (model: OpenModel): string => model.checkpoint.files[0]?.path ?? '';

/** A file of additions to the wide model, and the model with them merged. */
async function made(model: OpenModel, more: Partial<LowRankCase> = {}) {
  const to = await mkdtemp(join(folder, 'case-'));
  const files = await lowRankCase({ checkpoint: fileOf(model), weights: WEIGHTS, folder: to, ...more });
  return { lora: files.lora, merged: openModel(wideSpec, await openCheckpoint(files.merged)) };
}

const subject = (model: OpenModel): Subject => ({
  name: 'wide',
  models: [model],
  grid: { frames: 2, height: 3, width: 4 },
  lengths: { S: 7 },
  conditions: { cond: { text: someTensor([7, WIDE.text], 1) } },
  latents: { video: someTensor([24, WIDE.patch], 3) },
  guidance: only(),
});

const run = async (model: OpenModel, settings: Partial<PlanSettings> = {}) =>
  (await runOn(subject(model), { steps: 2, settings })).latents;

async function refusal(
  tensors: Record<string, HostTensor | StreamedTensor>,
  options: LowRankOptions = {},
  strength = 1,
) {
  const model = await wideModel();
  const path = join(folder, 'refused.safetensors');
  await writeSafetensors(path, tensors);
  const error = await withLowRank(model, [{ path, strength }], options).catch((thrown: unknown) => thrown);
  if (!(error instanceof SkipstoneError)) throw new Error(`expected a SkipstoneError, not ${error}`);
  return error.message.replaceAll(folder, 'FOLDER');
}

const zeros = (...shape: number[]): HostTensor => ({
  ...{ type: 'float32', shape },
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
/** Factors of rank 2 for `blocks.0.fc`, `[256, 192]`. */
const FC = {
  'blocks.0.fc.lora_A.weight': zeros(2, 192),
  'blocks.0.fc.lora_B.weight': zeros(256, 2),
};

describe('low-rank additions', () => {
  it.each([
    ['float32', 'mapped', 'float32', 1e-5],
    ['float32', 'packed', 'bfloat16', 1e-5],
    ['float32', 'mapped', 'bfloat16', 1e-5],
    ['float32', 'mapped', 'float16', 1e-5],
    ['float16', 'mapped', 'float16', 1e-2],
    ['float16', 'mapped', 'bfloat16', 1e-2],
  ] as const)('equal merging by hand, in %s, %s, stored as %s', async (compute, weights, type, bound) => {
    const model = await wideModel();
    const { lora, merged } = await made(model, { type, strength: 0.7, alpha: 6 });
    const added = await withLowRank(model, [{ path: lora, strength: 0.7 }]);
    const settings = { compute, weights };
    const [plain, got, want] = [await run(model), await run(added, settings), await run(merged)];
    expect(errorOf(got, want)).toBeLessThan(bound);
    expect(errorOf(plain, want)).toBeGreaterThan(3e-2);
  });

  it('are as well of a half-precision checkpoint, one that is cast and one that is not', async () => {
    const model = await wideModel({ type: 'bfloat16' });
    const { lora, merged } = await made(model, { type: 'float32', strength: 1 });
    const added = await withLowRank(model, [{ path: lora }]);
    expect(errorOf(await run(added, { weights: 'mapped' }), await run(merged))).toBeLessThan(1e-5);
  });

  it('of several files add up, those of one weight too', async () => {
    const model = await wideModel();
    const first = await made(model, { seed: 1 });
    const second = await made(first.merged, { seed: 2, strength: -0.5, weights: ['blocks.0.fc.weight'] });
    const both = await withLowRank(model, [{ path: first.lora }, { path: second.lora, strength: -0.5 }]);
    expect(errorOf(await run(both), await run(second.merged))).toBeLessThan(1e-5);
  });

  it('at strength 0 give the bytes of the run without them, and cost nothing', async () => {
    const model = await wideModel();
    const { lora } = await made(model);
    const none = await withLowRank(model, [{ path: lora, strength: 0 }]);
    expect(sameBytes(await run(none), await run(model))).toBe(true);
    expect(explain(planOn(subject(none)))).toBe(explain(planOn(subject(model))));
    expect(none.fingerprint).toBe(model.fingerprint);
  });

  it.each([8, 4] as const)(
    'stay as they are stored beside %i-bit weights, whose file is the same',
    async (bits) => {
      const model = await wideModel();
      const { lora, merged } = await made(model);
      const added = await withLowRank(model, [{ path: lora }]);
      const [plain, beside] = [
        await quantisedWeights(model, { bits, folder }),
        await quantisedWeights(added, { bits, folder }),
      ];
      expect(beside).toMatchObject({ file: plain.file, made: false });
      const got = await run({ ...added, weights: beside.weights });
      expect(errorOf(got, await run(merged))).toBeLessThan(bits === 8 ? 0.02 : 0.15);
      expect(errorOf(await run({ ...model, weights: plain.weights }), got)).toBeGreaterThan(0.03);
      expect(beside.weights.added).toEqual(added.weights.added);
    },
  );

  it('are in the plan: work, bytes of weights, and a line that names the file', async () => {
    const model = await wideModel();
    const { lora } = await made(model, { rank: 5 });
    const added = await withLowRank(model, [{ path: lora, strength: 0.7 }]);
    const [before, after] = [planOn(subject(model)), planOn(subject(added))];
    const text = explain(after)
      .replaceAll(folder, 'FOLDER')
      .replace(/case-\w+/, 'case');
    expect(text).toContain(
      'adds FOLDER/case/lora.safetensors at strength 0.7: 4 products of rank 5 or less, 4 of scale 1 (no alpha)\n',
    );
    const values = 5 * (192 + 192 + (192 + 256) + (256 + 64) + (192 + 192));
    const bytes = (plan: typeof before, kind: string): number =>
      plan.memory.find((line) => line.kind === kind && line.what.startsWith('weights'))?.bytes ?? 0;
    expect(bytes(after, 'held') - bytes(before, 'held')).toBe(4 * values);
    const work = (plan: typeof before): number => {
      const [phase] = plan.phases;
      const spans = [...(phase?.passes.values() ?? [])].flatMap(({ run, step, pass }) => [
        ...run,
        ...step,
        ...pass,
      ]);
      const nodes = spans.flatMap((span) => span.nodes);
      return nodes.reduce((sum, node) => sum + workOf(node, phase?.sizes ?? new Map()), 0);
    };
    // The clock is one row, everything else 24.
    expect(work(after) - work(before)).toBe(2 * 5 * (384 + 24 * (448 + 320 + 384)));
  });

  it('tell runs apart by file and strength', async () => {
    const model = await wideModel();
    const [a, b] = [await made(model, { seed: 1 }), await made(model, { seed: 2 })];
    const prints = await Promise.all(
      [[{ path: a.lora }], [{ path: b.lora }], [{ path: a.lora, strength: 0.5 }]].map(
        async (files) => (await withLowRank(model, files)).fingerprint,
      ),
    );
    expect(new Set([model.fingerprint, ...prints]).size).toBe(4);
    expect((await withLowRank(model, [{ path: a.lora, strength: 1 }])).fingerprint).toBe(prints[0]);
  });
});

describe('names', () => {
  it.each([
    [
      'peft',
      (m: string, s: string) =>
        s === 'alpha' ? `${m}.alpha` : `${m}.lora_${s === 'down' ? 'A' : 'B'}.weight`,
    ],
    [
      'an adapter of peft',
      (m: string, s: string) => `base_model.model.${m}.lora_${s === 'down' ? 'A' : 'B'}.my-style.weight`,
    ],
    ['comfy', (m: string, s: string) => `diffusion_model.${m}.lora_${s === 'down' ? 'A' : 'B'}.weight`],
    ['diffusers', (m: string, s: string) => `transformer.${m}.lora_${s === 'down' ? 'A' : 'B'}.weight`],
    [
      'kohya with dots',
      (m: string, s: string) =>
        s === 'alpha' ? `diffusion_model.${m}.alpha` : `diffusion_model.${m}.lora_${s}.weight`,
    ],
    [
      'kohya with underscores',
      (m: string, s: string) =>
        `lora_unet_${m.replaceAll('.', '_')}.${s === 'alpha' ? s : `lora_${s}.weight`}`,
    ],
  ])('of %s are read', async (name, key) => {
    const model = await wideModel();
    const alpha = name.startsWith('kohya') ? { alpha: 2 } : {};
    const { lora, merged } = await made(model, { key, ...alpha });
    const added = await withLowRank(model, [{ path: lora }]);
    expect(errorOf(await run(added), await run(merged))).toBeLessThan(1e-5);
  });

  it.each([
    [{ 'transformer.r': 4, 'transformer.lora_alpha': 8 }, 2],
    [{ 'transformer.lora_alpha': 8, 'transformer.use_rslora': true }, 4],
  ])('of diffusers come with an alpha in the metadata', async (fields, strength) => {
    const model = await wideModel();
    const { lora, merged } = await made(model, { strength });
    const { tensors } = await openCheckpoint(lora);
    const { readTensor } = await import('../../checkpoint/read.js');
    const copied = [...tensors].map(async ([name, entry]) => [name, await readTensor(entry)] as const);
    const path = join(folder, 'diffusers.safetensors');
    const metadata = { lora_adapter_metadata: JSON.stringify(fields) };
    await writeSafetensors(path, Object.fromEntries(await Promise.all(copied)), { metadata });
    const added = await withLowRank(model, [{ path }]);
    expect(errorOf(await run(added), await run(merged))).toBeLessThan(1e-5);
  });

  it('of other parts of a release are counted, not added, with underscores too', async () => {
    const model = await wideModel();
    const { lora } = await made(model);
    const added = await withLowRank(model, [{ path: lora }], { ignore: [/^blocks\.0\.(fc|down)\./] });
    expect(added.weights.added).toMatchObject([{ products: 2, elsewhere: 2 }]);
    expect(explain(planOn(subject(added)))).toContain('; 2 more are for other parts of the release');
    const path = join(folder, 'connectors.safetensors');
    await writeSafetensors(path, {
      ...FC,
      'lora_unet_text_connector_blocks_0_to_q.lora_down.weight': zeros(1, 5),
      'lora_unet_text_connector_blocks_0_to_q.lora_up.weight': zeros(5, 1),
    });
    const flat = await withLowRank(model, [{ path }], { ignore: [/^text_connector\./] });
    expect(flat.weights.added).toMatchObject([{ products: 1, elsewhere: 1 }]);
  });
});

describe('a file is refused that', () => {
  it.each([1, 0])('is all for other parts of a release, at strength %i', async (strength) => {
    const message = await refusal(FC, { ignore: [/^blocks\.0\.fc\./] }, strength);
    expect(message).toContain('FOLDER/refused.safetensors: nothing in it is for the transformer of wide');
    expect(message).toContain("1 additions, all for other parts of the release: 'blocks.0.fc.lora_A.weight'");
  });

  it.each([
    [
      'adds to a weight the model has not',
      { 'blocks.0.fd.lora_A.weight': zeros(2, 192), 'blocks.0.fd.lora_B.weight': zeros(256, 2) },
      "'blocks.0.fc.weight'",
    ],
    [
      'lacks a factor',
      { 'blocks.0.fc.lora_A.weight': zeros(2, 192) },
      "'blocks.0.fc.lora_A.weight' has no fellow",
    ],
    ['holds an alpha alone', { ...FC, 'blocks.0.up.alpha': zeros() }, "'blocks.0.up.alpha' has no fellow"],
    [
      'has one factor twice',
      { ...FC, 'transformer.blocks.0.fc.lora_A.weight': zeros(2, 192) },
      'two tensors have one place',
    ],
    ['has another width', { ...FC, 'blocks.0.fc.lora_A.weight': zeros(2, 191) }, 'has another shape'],
    ['has two ranks', { ...FC, 'blocks.0.fc.lora_B.weight': zeros(256, 3) }, 'has another shape'],
    [
      'has no rank',
      { 'blocks.0.fc.lora_A.weight': zeros(0, 192), 'blocks.0.fc.lora_B.weight': zeros(256, 0) },
      'has no rank',
    ],
    [
      'holds integers',
      {
        ...FC,
        'blocks.0.fc.lora_A.weight': {
          dtype: 'I8',
          shape: [2, 192],
          pieces: () => [new Uint8Array(384)],
        } as StreamedTensor,
      },
      'cannot serve as a weight',
    ],
    [
      'holds a difference of a bias that the model has not',
      { ...FC, 'diffusion_model.blocks.0.tied.diff_b': zeros(192) },
      "'diffusion_model.blocks.0.tied.diff_b', which would be 'blocks.0.tied.bias'",
    ],
    [
      'holds a difference of another shape',
      { 'blocks.0.fc.diff': zeros(256, 191) },
      "'blocks.0.fc.diff' has another shape",
    ],
    [
      'holds weights to be put in place of others',
      { ...FC, 'diffusion_model.head.set_weight': zeros(192, 192) },
      '1 weights to be put in the place of the model’s: diffusion_model.head.set_weight',
    ],
    [
      'is a LoKr',
      { 'lora_unet_blocks_0_fc.lokr_w1': zeros(2, 2), 'lora_unet_blocks_0_fc.lokr_w2': zeros(128, 96) },
      '2 factors of LoKr: lora_unet_blocks_0_fc.lokr_w1',
    ],
    [
      'adds to two transformers',
      {
        'transformer_2.blocks.0.fc.lora_A.weight': zeros(2, 192),
        'transformer_2.blocks.0.fc.lora_B.weight': zeros(256, 2),
      },
      'it adds to two transformers, and wide has one',
    ],
    ['is a DoRA', { ...FC, 'blocks.0.fc.dora_scale': zeros(256) }, '1 magnitudes of DoRA'],
    [
      'has underscores and is of another model',
      { 'lora_unet_blocks_0_fd.lora_down.weight': zeros(2, 192) },
      'it is for another model',
    ],
    [
      'is no LoRA',
      { 'blocks.0.fc.weight': zeros(256, 192) },
      '1 tensors of another kind: blocks.0.fc.weight',
    ],
    [
      'adds to a bias',
      { 'blocks.0.fc.bias.lora_A.weight': zeros(1, 1), 'blocks.0.fc.bias.lora_B.weight': zeros(256, 1) },
      'does not have',
    ],
    [
      'adds to a weight that is used otherwise',
      { 'blocks.0.tied.lora_A.weight': zeros(1, 192), 'blocks.0.tied.lora_B.weight': zeros(192, 1) },
      'a low-rank addition to blocks.0.tied.weight cannot be computed',
    ],
    [
      'has an infinite alpha',
      {
        ...FC,
        'blocks.0.fc.alpha': {
          type: 'float32',
          shape: [1],
          data: Float32Array.of(Number.POSITIVE_INFINITY),
        } as HostTensor,
      },
      'is not a number',
    ],
  ])('%s', async (_, tensors, text) => {
    const message = await refusal(tensors);
    expect(message).toContain('FOLDER/refused.safetensors');
    expect(message).toContain(text);
  });

  it('adds to a weight that no pass reads', async () => {
    const model = await wideModel();
    const { lora } = await made(model);
    const spec = { ...wideSpec, name: 'half' };
    const checkpoint = { ...model.checkpoint };
    const emit: typeof spec.emit = (pass) =>
      wideSpec.emit({
        ...pass,
        linear: (path, x, by) => (path === 'blocks.0.conv' ? x : pass.linear(path, x, by)),
      });
    const half = openModel({ ...spec, emit }, checkpoint, { ignore: [/^blocks\.0\.conv\./] });
    await expect(withLowRank(half, [{ path: lora }])).rejects.toThrow(
      'half never reads blocks.0.conv.weight',
    );
  });

  it('comes with a strength that is no number', async () => {
    const model = await wideModel();
    await expect(withLowRank(model, [{ path: 'x', strength: Number.NaN }])).rejects.toThrow('its strength');
  });
});
