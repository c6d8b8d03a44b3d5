import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/open.js';
import { writeSafetensors } from '../../checkpoint/write.js';
import { openChain } from '../../graph/chain.js';
import { withLowRank } from '../../graph/low-rank/with-low-rank.js';
import type { OpenModel } from '../../graph/model-weights.js';
import type { Graph, Initializer } from '../../graph/node.js';
import type { StoredWeight } from '../../graph/weights.js';
import { planChain } from '../../plan/chain-plan.js';
import { quantisedWeights } from '../../quantise/sidecar.js';
import type { ChainSpec } from '../../spec/chain.js';
import type { HostTensor } from '../../spec/tensor.js';
import { faultLines, rejectionOf } from '../../testing/fault.js';
import { someTensor } from '../../testing/small/run-graph.js';
import { run, two } from '../../testing/small/two-branches.js';
import { WIDE, wideModel } from '../../testing/small/wide.js';
import { plugin } from '../../testing/small/written-plugin.js';
import { runOn, type Subject, type SubjectRun } from '../../testing/subject.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { runChain } from '../run-chain.js';
import { brokenWeight } from './broken-weight.js';
import type { RunEvent } from './events.js';

const subject = (model: OpenModel): Subject => ({
  name: 'wide',
  models: [model],
  grid: { frames: 2, height: 3, width: 4 },
  lengths: { S: 3 },
  conditions: {
    cond: { text: someTensor([3, WIDE.text], 3) },
    uncond: { text: someTensor([3, WIDE.text], 4) },
  },
  latents: { video: someTensor([24, WIDE.patch], 5) },
});

/** The last value of a tensor of `count` replaced. */
const ending = (count: number, value: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => (i === count - 1 ? value : 0.01));

const linesOf = async (model: OpenModel, more: SubjectRun = {}) => {
  const error = await rejectionOf(runOn(subject(model), { steps: 2, ...more }));
  return faultLines(error, model.checkpoint.folder);
};

describe('latents that are not finite', () => {
  it('stop the run after the step, with how they were computed and the weight they came from', async () => {
    const model = await wideModel({ values: { 'blocks.0.up.bias': ending(192, Number.NaN) } });
    expect(await linesOf(model)).toEqual([
      'not-finite',
      'step 0 gave values of video that are not finite',
      "NaN in 'blocks.0.up.bias' of …/wide.safetensors; 96 of 96 values are NaN or infinite; " +
        'wide, phase phase 0, cpu, float32, weights packed',
      'finite numbers throughout: anything made of these would be black or noise',
      'fetch or convert this file again; as it is, no run of it can succeed',
    ]);
  });

  it.each<[StoredWeight['type'], number, 'mapped' | 'packed']>([
    ['float32', Number.NEGATIVE_INFINITY, 'mapped'],
    ['float16', Number.NaN, 'packed'],
    ['float16', Number.POSITIVE_INFINITY, 'mapped'],
    ['bfloat16', Number.NaN, 'mapped'],
  ])('name a weight in %s that holds %f', async (type, value, weights) => {
    const model = await wideModel({ type, values: { 'head.bias': ending(192, value).fill(value, 0, 4) } });
    const [, , have] = await linesOf(model, { settings: { weights } });
    expect(have).toContain(`${value} in 'head.bias' of …/wide.safetensors`);
    expect(have).toContain(`weights ${weights}`);
  });

  it('name a weight that float16 cannot hold, and say what can', async () => {
    const model = await wideModel({ values: { 'blocks.0.fc.bias': ending(256, 70_000) } });
    const [, , have, , advice] = await linesOf(model, { settings: { compute: 'float16' } });
    expect(have).toMatch(/^70000 in 'blocks.0.fc.bias' of .* float16/);
    expect(advice).toBe('compute in float32: float16 ends at 65,504');
  });

  it('name the sidecar whose scale was damaged', async () => {
    const model = await wideModel();
    const folder = await temporaryFolder('sidecar');
    const made = await quantisedWeights(model, { bits: 8, folder });
    const entry = (await openCheckpoint(made.file)).tensors.get('blocks.0.fc.weight.scales');
    const file = await openFile(made.file, 'r+');
    await file.write(new Uint8Array(Float32Array.of(Number.NaN).buffer), 0, 4, entry?.offset);
    await file.close();
    const [, , have] = await linesOf({ ...model, weights: made.weights });
    expect(have).toContain(`NaN in 'blocks.0.fc.weight.scales' of ${made.file}`);
    expect(have).toContain('weights packed, 8-bit');
  });

  it('name the low-rank file and its tensor, and a file that is only too strong', async () => {
    const model = await wideModel();
    const path = join(await temporaryFolder('lora'), 'lora.safetensors');
    const matrix = (shape: readonly [number, number], value: number): HostTensor => ({
      ...{ type: 'float32', shape },
      // Not all alike: what the head reads has a mean of zero.
      data: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => (i % 3 === 0 ? value : 0)),
    });
    const write = (value: number) =>
      writeSafetensors(path, {
        'head.lora_A.weight': matrix([2, 192], 1),
        'head.lora_B.weight': matrix([192, 2], value),
      });
    await write(Number.POSITIVE_INFINITY);
    const [, , have] = await linesOf(await withLowRank(model, [{ path }]));
    expect(have).toContain(`Infinity in 'head.lora_B.weight' of ${path}`);
    await write(1);
    const [, , strong, , advice] = await linesOf(await withLowRank(model, [{ path, strength: 3e38 }]));
    expect(strong).toMatch(/^\d+ of 96 values .*; low-rank additions .*lora\.safetensors at 3e\+38$/);
    expect(advice).toContain('the weights are finite');
    expect(advice).toContain('without the low-rank additions');
  });

  it('are neither saved nor shown, whoever made them; the step before was', async () => {
    const wrong = plugin('wrong', ({ kernels }) => ({
      evaluate: async (call, next) => {
        const of = await next(call);
        return call.step === 1 ? kernels.scaledAdd([{ scale: Number.POSITIVE_INFINITY, of }]) : of;
      },
    }));
    const seen: string[] = [];
    const tell = (event: RunEvent): void => {
      if (event.type === 'preview' || event.type === 'step') seen.push(event.type);
    };
    const afterStep = (step: number): void => void seen.push(`save ${step}`);
    const error = await rejectionOf(run([wrong], {}, { previews: true, tell, afterStep }));
    expect(error.message).toContain('step 1 gave values of video that are not finite');
    expect(error.message).toContain('plugins wrong');
    expect(seen).toEqual(['step', 'preview', 'save 0']);
  });
});

describe('a broken weight', () => {
  /** Two tensors, the second longer than what is read at a time and broken at its end. */
  const graphOf = async (read: readonly string[]): Promise<Graph> => {
    const path = join(await temporaryFolder('long'), 'w.safetensors');
    const long: HostTensor = { type: 'float32', shape: [2 ** 21 + 3], data: ending(2 ** 21 + 3, Number.NaN) };
    await writeSafetensors(path, { sound: someTensor([3, 2]), long });
    const { tensors } = await openCheckpoint(path);
    const initializers = read.flatMap((name): Initializer[] => {
      const entry = tensors.get(name);
      return entry ? [{ name: `as ${name}`, type: 'float32', dims: entry.shape, data: entry }] : [];
    });
    return { name: 'g', inputs: [], outputs: [], nodes: [], initializers };
  };

  it('is found at the end of a long one, under the name its file has, unless nobody reads it', async () => {
    const found = await brokenWeight([await graphOf(['sound']), await graphOf(['sound', 'long'])], 'float32');
    expect(found).toMatchObject({ name: 'long', value: Number.NaN });
    expect(await brokenWeight([await graphOf(['sound'])], 'float32')).toBeUndefined();
  });

  it('is looked for until somebody aborts', async () => {
    const search = brokenWeight([await graphOf(['long'])], 'float32', AbortSignal.abort());
    await expect(search).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('what a run is given', () => {
  const wrong = (tensor: HostTensor | undefined): HostTensor => {
    const data = Float32Array.from(tensor?.data as Float32Array);
    data[1] = Number.NaN;
    return { type: 'float32', shape: tensor?.shape ?? [], data };
  };

  it('is refused where it is not finite, before anything runs', async () => {
    const latents = { ...two.latents, audio: wrong(two.latents.audio) };
    const error = await rejectionOf(run([], {}, { latents }));
    expect(faultLines(error).slice(0, 3)).toEqual([
      'input-values',
      'the latents of audio: some of its values are not finite',
      '1 of 6 values are NaN or infinite, [3, 2]',
    ]);
    const conditions = { ...two.conditions, uncond: { text: wrong(two.conditions.uncond?.text) } };
    const text = await rejectionOf(run([], {}, { conditions }));
    expect(text.message).toContain('the encoded prompt uncond: text: some of its values');
  });
});

describe('a chain', () => {
  const spec: ChainSpec = {
    name: 'small',
    least: [1, 2, 3, 3],
    spans: [{ name: 'wide', emit: (g, x) => g.conv('conv', x, { weight: g.weight('w', [4, 2, 1, 1]) }) }],
  };
  const open = async (value: number) => {
    const path = join(await temporaryFolder('chain'), 'w.safetensors');
    await writeSafetensors(path, { w: { type: 'float32', shape: [4, 2, 1, 1], data: ending(8, value) } });
    return planChain(openChain(spec, await openCheckpoint(path)), [1, 2, 3, 5], { device: 'cpu' });
  };

  it('is held to the same', async () => {
    const error = await rejectionOf(runChain(await open(Number.NaN), someTensor([1, 2, 3, 5])));
    expect(error.message).toMatch(
      /^small gave values of output that are not finite\n {2}have {3}NaN in 'w' of .*w.safetensors; 15 of 60 values/,
    );
    const input = { ...someTensor([1, 2, 3, 5]), data: ending(30, Number.POSITIVE_INFINITY) };
    expect((await rejectionOf(runChain(await open(1), input))).message).toContain(
      'small: its input: some of',
    );
  });
});
