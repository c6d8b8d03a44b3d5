import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findTensor } from '../checkpoint/find.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readNumbers, readTensor } from '../checkpoint/read.js';
import type { Guidance } from '../spec/guidance.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import { faultOf } from '../testing/fault.js';
import { hostKernels } from '../testing/host-kernels.js';
import { cfg } from './cfg.js';
import { only } from './only.js';
import { weighted } from './weighted.js';

const kernels = hostKernels();
const host = (...values: number[]): HostTensor => ({
  type: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const put = (...values: number[]): Streams => ({ video: kernels.put(host(...values)) });

function floats(of: Streams, stream = 'video'): number[] {
  const tensor = of[stream];
  return tensor === undefined ? [] : Array.from(kernels.get(tensor).data, Number);
}

async function combine(
  guidance: Guidance,
  predictions: Readonly<Record<string, Streams>>,
  latents: Streams = put(0, 0),
  sigma = 0.5,
): Promise<Streams> {
  return guidance.combine({ step: 0, sigma, latents, predictions, kernels });
}

const namesAt = (guidance: Guidance, step: number) =>
  guidance.at({ step, sigma: 0.5 }).map((branch) => branch.name);

const cond = put(1, 2);
const uncond = put(3, -1);

describe('cfg', () => {
  test('counts from the unconditional prediction, as Wan does', async () => {
    expect(floats(await combine(cfg({ scale: 4 }), { cond, uncond }))).toEqual([
      3 + 4 * (1 - 3),
      -1 + 4 * (2 + 1),
    ]);
  });

  test('counts from the conditional prediction, as Cosmos does', async () => {
    const guided = await combine(cfg({ scale: 4, form: 'cond' }), { cond, uncond });
    expect(floats(guided)).toEqual([5 * 1 - 4 * 3, 5 * 2 + 4]);
  });

  test('5 in one form is 4 in the other', async () => {
    const one = await combine(cfg({ scale: 5 }), { cond, uncond });
    const other = await combine(cfg({ scale: 4, form: 'cond' }), { cond, uncond });
    expect(floats(one)).toEqual(floats(other));
  });

  test('the conditional branch leads', () => {
    const { name, branches } = cfg({ scale: 5 });
    expect(name).toBe('cfg');
    expect(branches).toEqual([
      { name: 'cond', text: 'cond' },
      { name: 'uncond', text: 'uncond' },
    ]);
  });

  test.each([
    [{ scale: 1 }, ['cond']],
    [{ scale: 0.5 }, ['cond']],
    [{ scale: 1.0001 }, ['cond', 'uncond']],
    [{ scale: 0, form: 'cond' }, ['cond']],
    [{ scale: -1, form: 'cond' }, ['cond']],
    [{ scale: 0.5, form: 'cond' }, ['cond', 'uncond']],
    [{ scale: 1, both: true }, ['cond', 'uncond']],
  ] as const)('%j runs %j', (options, branches) => {
    expect(cfg(options).branches.map((branch) => branch.name)).toEqual(branches);
    expect(namesAt(cfg(options), 3)).toEqual(branches);
  });

  test('both branches at a scale below 1 still combine', async () => {
    const guided = await combine(cfg({ scale: 0.5, both: true }), { cond, uncond });
    expect(floats(guided)).toEqual([2, 0.5]);
  });

  test('a step without the unconditional branch gives the conditional prediction itself', async () => {
    expect(await combine(cfg({ scale: 5 }), { cond })).toBe(cond);
  });

  test('refuses scales that are no numbers, unknown forms and unknown options', () => {
    for (const scale of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(faultOf(() => cfg({ scale })).code).toBe('guidance-weight');
    }
    const form = JSON.parse('{ "scale": 5, "form": "wan" }');
    expect(faultOf(() => cfg(form)).lines.have).toBe('wan');
    const misspelt = { scale: 5, fomr: 'cond' };
    expect(faultOf(() => cfg(misspelt)).lines.do).toBe("did you mean 'form'?");
  });

  test('gives the guided velocities of run-wan22-a14b, both experts', async () => {
    const run = await openCheckpoint(file('guidance-wan22-a14b'));
    for (const [step, scale] of [
      [5, 4],
      [6, 3],
    ] as const) {
      const read = async (name: string) => readTensor(findTensor(run, `step.${step}.${name}`));
      const predictions = {
        cond: { video: kernels.put(await read('cond')) },
        uncond: { video: kernels.put(await read('uncond')) },
      };
      const guided = await combine(cfg({ scale }), predictions);
      expect(errorBetween(floats(guided), Array.from((await read('velocity')).data, Number))).toBeLessThan(
        1e-6,
      );
    }
  });
});

test('only gives the prediction of its one branch', async () => {
  expect(only().branches).toEqual([{ name: 'cond', text: 'cond' }]);
  expect(await combine(only(), { cond })).toBe(cond);
  const other = only({ name: 'turbo', text: 'cond', variant: 'skip-attention' });
  expect(await combine(other, { turbo: uncond })).toBe(uncond);
});

describe('weighted', () => {
  const four = ['cond', 'uncond', 'perturbed', 'isolated'].map((name) => ({ name, text: name }));

  test('the leader gets what the others leave of 1', async () => {
    const guidance = weighted({ branches: four, weights: { uncond: -2, perturbed: -1, isolated: -2 } });
    const predictions = { cond: put(1), uncond: put(10), perturbed: put(100), isolated: put(1000) };
    expect(floats(await combine(guidance, predictions))).toEqual([6 - 20 - 100 - 2000]);
  });

  test('a branch that did not run takes its pull with it', async () => {
    const guidance = weighted({ branches: four, weights: { uncond: -2, perturbed: -1, isolated: -2 } });
    expect(floats(await combine(guidance, { cond: put(1), perturbed: put(100) }))).toEqual([2 - 100]);
    const { cond: lead, ...predictions } = { cond: put(1) };
    expect(await combine(guidance, { cond: lead, ...predictions })).toBe(lead);
  });

  test('a branch of weight 0 is not added up', async () => {
    const guidance = weighted({ branches: four.slice(0, 2), weights: { uncond: 0 } });
    expect(await combine(guidance, { cond, uncond: put(Number.NaN, 0) })).toBe(cond);
  });

  test('another leader runs first', async () => {
    const guidance = weighted({ branches: four.slice(0, 2), leader: 'uncond', weights: { cond: 3 } });
    expect(guidance.branches.map(({ name }) => name)).toEqual(['uncond', 'cond']);
    expect(floats(await combine(guidance, { cond, uncond }))).toEqual([3 - 6, 6 + 2]);
  });

  test('streams can have weights of their own', async () => {
    const both = (video: number, audio: number) => ({
      video: kernels.put(host(video)),
      audio: kernels.put(host(audio)),
    });
    const guidance = weighted({ branches: four.slice(0, 2), weights: { uncond: { video: -2, audio: 0.5 } } });
    const guided = await combine(guidance, { cond: both(1, 2), uncond: both(10, 20) });
    expect([floats(guided), floats(guided, 'audio')]).toEqual([[3 - 20], [1 + 10]]);
  });

  test('a stream without a weight is an error that names the streams', () => {
    const guidance = weighted({ branches: four.slice(0, 2), weights: { uncond: { audio: 0.5 } } });
    const call = { step: 0, sigma: 0.5, latents: put(0, 0), predictions: { cond, uncond }, kernels };
    expect(faultOf(() => guidance.combine(call)).lines.what).toBe("weighted: no stream 'video'");
  });

  test('rescale takes the spread of the clean prediction back to the leader', async () => {
    const guidance = weighted({ branches: four.slice(0, 2), weights: { uncond: -1 }, rescale: 1 });
    const latents = put(1, 2);
    // x0: leader [0.5, 1], guided x − σ·(2·[1, 2] − [3, −1]) = [1.5, −0.5]: spreads 1 to 4, so f = 1/4.
    const guided = await combine(guidance, { cond, uncond }, latents, 0.5);
    expect(floats(guided)).toEqual([(1 - 0.25 * 1.5) / 0.5, (2 + 0.25 * 0.5) / 0.5]);
  });

  test('rescale goes part of the way, and nowhere where nothing has any spread', async () => {
    const guidance = weighted({
      branches: four.slice(0, 2),
      weights: { uncond: -1 },
      rescale: { video: 0.4 },
    });
    const f = 0.4 * 0.25 + 0.6;
    const [first = 0, second = 0] = floats(await combine(guidance, { cond, uncond }, put(1, 2), 0.5));
    expect(first).toBeCloseTo((1 - f * 1.5) / 0.5, 6);
    expect(second).toBeCloseTo((2 + f * 0.5) / 0.5, 6);
    const flat = await combine(guidance, { cond: put(1, 1), uncond: put(3, 3) }, put(2, 2), 0.5);
    expect(floats(flat)).toEqual([-1, -1]);
  });

  test('refuses leaders, weights and predictions that do not fit', () => {
    const branches = four.slice(0, 2);
    const fit = (options: Partial<Parameters<typeof weighted>[0]>) =>
      faultOf(() => weighted({ branches, weights: { uncond: 1 }, ...options }));
    expect(fit({ leader: 'kond' }).lines.do).toContain("the nearest is 'cond'");
    expect(fit({ branches: [] }).code).toBe('guidance-branch');
    expect(fit({ branches: [...branches, ...branches] }).lines.need).toContain('a name of its own');
    expect(fit({ weights: {} }).lines.what).toContain("'uncond' needs a weight");
    expect(fit({ weights: { uncond: Number.NaN } }).lines.have).toBe('NaN');
    expect(fit({ weights: { uncond: { video: Number.NaN } } }).code).toBe('guidance-weight');
    expect(fit({ weights: { uncond: 1, cond: 1 } }).code).toBe('guidance-branch');
    expect(fit({ rescale: 1.5 }).code).toBe('guidance-rescale');
    expect(fit({ rescale: { video: -0.1 } }).lines.have).toBe('-0.1');
    const guidance = weighted({ branches, weights: { uncond: 1 } });
    const call = { step: 0, sigma: 0.5, latents: put(0, 0), kernels };
    expect(faultOf(() => guidance.combine({ ...call, predictions: { uncond } })).lines.need).toContain(
      'leader',
    );
    expect(faultOf(() => guidance.combine({ ...call, predictions: {} })).lines.have).toBe('no branches');
    expect(
      faultOf(() => guidance.combine({ ...call, predictions: { cond, other: uncond } })).lines.what,
    ).toContain("'other'");
  });

  test('gives the guided velocities of run-ltx2-3: four branches, two streams', async () => {
    const run = await openCheckpoint(file('run-ltx2-3'));
    const sigmas = await readNumbers(findTensor(run, 'schedule.sigmas'));
    const both = async (name: string): Promise<Streams> => ({
      video: kernels.put(await readTensor(findTensor(run, `${name}.video`))),
      audio: kernels.put(await readTensor(findTensor(run, `${name}.audio`))),
    });
    // Scales of the case: video cfg 3, stg 1, modality 3; audio 7, 0.75, 2.
    const guidance = weighted({
      branches: four,
      weights: {
        uncond: { video: 1 - 3, audio: 1 - 7 },
        perturbed: { video: -1, audio: -0.75 },
        isolated: { video: 1 - 3, audio: 1 - 2 },
      },
      rescale: { video: 0.7, audio: 0.4 },
    });
    for (let i = 0; i < 6; i++) {
      const names = four.map(({ name }) => name);
      const entries = await Promise.all(
        names.map(async (name) => [name, await both(`step.${i}.${name}`)] as const),
      );
      const latents = await both(i === 0 ? 'in.latents' : `step.${i - 1}.latents`);
      const guided = await combine(guidance, Object.fromEntries(entries), latents, sigmas[i]);
      const expected = await both(`step.${i}.velocity`);
      for (const stream of ['video', 'audio']) {
        expect(errorBetween(floats(guided, stream), floats(expected, stream)), `${i} ${stream}`).toBeLessThan(
          1e-5,
        );
      }
    }
  });
});

function file(name: string): string {
  return fileURLToPath(new URL(`../../test-data/${name}.safetensors`, import.meta.url));
}

/** max|a − b| / max|b|. */
function errorBetween(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  const largest = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / largest;
}
