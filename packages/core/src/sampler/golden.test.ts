import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { findTensor } from '../checkpoint/find.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readNumbers, readTensor } from '../checkpoint/read.js';
import { schedules } from '../schedule/schedules.js';
import type { Sampler } from '../spec/sampler.js';
import type { HostTensor, Streams } from '../spec/tensor.js';
import { type HostKernels, hostKernels } from '../testing/host-kernels.js';
import { plainKeep } from '../testing/plain-keep.js';
import { euler } from './euler.js';
import { unipc } from './unipc.js';

const golden = (name: string): Promise<Checkpoint> =>
  openCheckpoint(fileURLToPath(new URL(`../../test-data/${name}.safetensors`, import.meta.url)));

const read = (run: Checkpoint, name: string): Promise<HostTensor> => readTensor(findTensor(run, name));

function put(kernels: HostKernels, video: HostTensor): Streams {
  return { video: kernels.put(video) };
}

function floats({ data }: HostTensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('no floats');
  return data;
}

function valuesOf(kernels: HostKernels, { video }: Streams): Float32Array {
  if (video === undefined) throw new Error('no video');
  return floats(kernels.get(video));
}

/** max|a − b| / max|b|, the error of the goldens' README. */
function errorOf(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0) / largest;
}

/** Replays a run with its own velocities and gives the largest error of any step. */
async function replay(run: Checkpoint, sampler: Sampler, sigmas: readonly number[]): Promise<number> {
  const kernels = hostKernels();
  const history = sampler.history(plainKeep());
  let x = put(kernels, await read(run, 'in.latents'));
  let error = 0;
  for (let i = 0; i + 1 < sigmas.length; i++) {
    const v = put(kernels, await read(run, `step.${i}.velocity`));
    const [from = 0, to = 0] = sigmas.slice(i, i + 2);
    x = sampler.step({ x, v, from, to, left: sigmas.length - i - 2, history, kernels });
    error = Math.max(error, errorOf(valuesOf(kernels, x), floats(await read(run, `step.${i}.latents`))));
  }
  return Math.max(error, errorOf(valuesOf(kernels, x), floats(await read(run, 'out.latents'))));
}

test('run-wan21-euler: the reference run, given its velocities', async () => {
  const run = await golden('run-wan21-euler');
  expect(await replay(run, euler(), schedules['euler-thousand']({ steps: 6 }).sigmas)).toBeLessThan(1e-6);
});

test('run-wan21-unipc: the reference run, given its velocities', async () => {
  const run = await golden('run-wan21-unipc');
  expect(await replay(run, unipc(), schedules['unipc-flow']({ steps: 8, shift: 3 }).sigmas)).toBeLessThan(
    1e-5,
  );
});

test("run-wan21-unipc: closer still on the reference's float32 noise levels", async () => {
  // 1 − σ0 is 1.0133e-6 in float32 and 1e-6 in float64: all of the difference above.
  const run = await golden('run-wan21-unipc');
  const sigmas = await readNumbers(findTensor(run, 'schedule.sigmas'));
  expect(await replay(run, unipc(), sigmas)).toBeLessThan(1e-6);
});

/**
 * [1, C, T, Y, X] as rows of (1, 2, 2) patches, `[N, P]`: n = (t, y, x), p = (c, ph, pw) with pw fastest. This is
 * the order of the case's velocity rows (the model's input order, not that of its output).
 */
function patchify(latents: HostTensor): HostTensor {
  const [, C = 0, T = 0, Y = 0, X = 0] = latents.shape;
  const values = floats(latents);
  const rows: number[] = [];
  for (let t = 0; t < T; t++)
    for (let y = 0; y < Y; y += 2)
      for (let x = 0; x < X; x += 2)
        for (let p = 0; p < 4 * C; p++) {
          const [c, ph, pw] = [Math.floor(p / 4), Math.floor(p / 2) % 2, p % 2];
          rows.push(values[((c * T + t) * Y + y + ph) * X + x + pw] ?? Number.NaN);
        }
  return { type: 'float32', shape: [rows.length / (4 * C), 4 * C], data: Float32Array.from(rows) };
}

// From the case's description: strides by group, all active in the first 4 and the last 2 of 20 steps.
const HSA = { steps: 20, strides: [1, 2, 4], early: 4, late: 2 };

test('method-hsa-unipc: groups on grids of their own, given the velocities of their active rows', async () => {
  const run = await golden('method-hsa-unipc');
  const { sigmas, timesteps } = schedules['unipc-flow']({ steps: HSA.steps, shift: 3 });
  expect(sigmas.map(Math.fround)).toEqual(await readNumbers(findTensor(run, 'schedule.sigmas')));
  expect(timesteps).toEqual(await readNumbers(findTensor(run, 'schedule.timesteps')));
  const groups = await readNumbers(findTensor(run, 'in.groups'));
  const isActive = (i: number, k: number) =>
    i % (HSA.strides[k] ?? 1) === 0 || i < HSA.early || i >= HSA.steps - HSA.late;

  const leftAfter = (next: number, k: number) =>
    Array.from({ length: HSA.steps - next }, (_, j) => next + j).filter((i) => isActive(i, k)).length;

  const kernels = hostKernels();
  const sampler = unipc();
  const histories = HSA.strides.map(() => sampler.history(plainKeep()));
  let x = put(kernels, patchify(await read(run, 'in.latents')));
  const counts: number[] = [];
  for (let i = 0; i < HSA.steps; i++) {
    const active = groups.flatMap((k, row) => (isActive(i, k) ? [row] : []));
    counts.push(active.length);
    const v = put(kernels, await read(run, `step.${i}.velocity_active`));
    histories.forEach((history, k) => {
      if (!isActive(i, k)) return;
      let next = i + 1;
      while (next < HSA.steps && !isActive(next, k)) next++;
      const video = Int32Array.from(active.filter((row) => groups[row] === k));
      const ofActive = Int32Array.from(video, (row) => active.indexOf(row));
      const moved = sampler.step({
        x: kernels.gather(x, { video }),
        v: kernels.gather(v, { video: ofActive }),
        from: sigmas[i] ?? 0,
        to: sigmas[next] ?? 0,
        left: leftAfter(next, k),
        history,
        kernels,
      });
      x = kernels.scatter(x, { video }, moved);
    });
  }
  expect(counts).toEqual(await readNumbers(findTensor(run, 'ledger.active')));
  const expected = floats(patchify(await read(run, 'out.latents')));
  expect(errorOf(valuesOf(kernels, x), expected)).toBeLessThan(1e-6);
});
