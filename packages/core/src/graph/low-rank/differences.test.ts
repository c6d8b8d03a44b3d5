import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/open.js';
import { readTensor } from '../../checkpoint/read.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { only } from '../../guidance/only.js';
import { explain } from '../../plan/explain.js';
import type { PlanSettings } from '../../plan/plan.js';
import { quantisedWeights } from '../../quantise/sidecar.js';
import type { HostTensor } from '../../spec/tensor.js';
import { someNumbers, someTensor } from '../../testing/small/run-graph.js';
import { storedAs } from '../../testing/small/stored-as.js';
import { WIDE, wideModel, wideSpec } from '../../testing/small/wide.js';
import { errorOf, planOn, runOn, type Subject } from '../../testing/subject.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { type OpenModel, openModel } from '../model-weights.js';
import { withLowRank } from './with-low-rank.js';

/** A tensor of the file, what it is added to, and whether it has the pair's scale. */
type Part = readonly [stored: string, weight: string];

const PARTS: readonly Part[] = [
  ['diffusion_model.head.diff', 'head.weight'],
  ['diffusion_model.head.diff_b', 'head.bias'],
  ['diffusion_model.blocks.0.tied.diff', 'blocks.0.tied.weight'],
  ['lora_unet_blocks_0_conv.diff', 'blocks.0.conv.weight'],
  ['pipe.dit.blocks.0.fc.diff_b', 'blocks.0.fc.bias'],
  ['transformer.blocks.0.fc.diff', 'blocks.0.fc.weight'],
  ['transformer.time_proj.b_norm', 'time_proj.bias'],
];

/** A file with made-up differences, and the model with them merged by hand. */
async function made(model: OpenModel, type: 'float32' | 'bfloat16', strength: number) {
  const to = await temporaryFolder('differences');
  const merged = new Map<string, HostTensor>();
  for (const [name, entry] of model.checkpoint.tensors) merged.set(name, await readTensor(entry));
  const stored = PARTS.map(([name, weight], i) => {
    const whole = merged.get(weight);
    if (!whole) throw new Error(`no ${weight}`);
    const size = Math.sqrt(whole.data.length / (whole.shape[0] ?? 1));
    // Multiples of 2⁻⁶ of some power of two are the same in bfloat16.
    const values = someNumbers(whole.data.length, i).map(
      (x) => Math.round(x * 64) / 64 / 2 ** Math.round(Math.log2(size)),
    );
    const data = Float32Array.from(whole.data as Float32Array, (w, j) => w + strength * (values[j] ?? 0));
    merged.set(weight, { ...whole, data });
    return [name, storedAs(type, whole.shape, values)] as const;
  });
  const [path, whole] = [join(to, 'diff.safetensors'), join(to, 'merged.safetensors')];
  await writeSafetensors(path, Object.fromEntries(stored));
  await writeSafetensors(whole, Object.fromEntries(merged));
  return { path, merged: openModel(wideSpec, await openCheckpoint(whole)) };
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

describe('differences of whole weights, biases and tables', () => {
  it.each([
    ['float32', 'mapped'],
    ['float32', 'packed'],
    ['bfloat16', 'mapped'],
  ] as const)('equal merging by hand, stored as %s, weights %s', async (type, weights) => {
    const model = await wideModel();
    const { path, merged } = await made(model, type, 0.7);
    const added = await withLowRank(model, [{ path, strength: 0.7 }]);
    const want = await run(merged);
    expect(errorOf(await run(added, { weights }), want)).toBeLessThan(1e-5);
    expect(errorOf(await run(model), want)).toBeGreaterThan(1e-2);
    expect(explain(planOn(subject(added)))).toMatch(
      /adds .*diff\.safetensors at strength 0\.7: 7 whole differences\n/,
    );
  });

  it('stay as they are beside 8-bit weights', async () => {
    const model = await wideModel();
    const { path, merged } = await made(model, 'float32', 1);
    const added = await withLowRank(model, [{ path }]);
    const { weights } = await quantisedWeights(added, { bits: 8, folder: await temporaryFolder('sidecars') });
    expect(errorOf(await run({ ...added, weights }), await run(merged))).toBeLessThan(0.02);
  });

  it('of a second factor have the scale of its pair', async () => {
    const model = await wideModel();
    const folder = await temporaryFolder('differences');
    const zeros = (...shape: number[]) =>
      storedAs('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
    const bias = storedAs('float32', [256], someNumbers(256, 4));
    const pair = { 'blocks.0.fc.lora_A.weight': zeros(4, 192), 'blocks.0.fc.lora_B.weight': zeros(256, 4) };
    const [scaled, plain] = [join(folder, 'scaled.safetensors'), join(folder, 'plain.safetensors')];
    const alpha = storedAs('float32', [], Float32Array.of(2));
    await writeSafetensors(scaled, { ...pair, 'blocks.0.fc.alpha': alpha, 'blocks.0.fc.lora_B.bias': bias });
    await writeSafetensors(plain, { 'blocks.0.fc.diff_b': bias });
    const [half, want] = [
      await withLowRank(model, [{ path: scaled }]),
      await withLowRank(model, [{ path: plain, strength: 0.5 }]),
    ];
    expect(errorOf(await run(half), await run(want))).toBeLessThan(1e-6);
    expect(errorOf(await run(half), await run(model))).toBeGreaterThan(1e-3);
  });
});
