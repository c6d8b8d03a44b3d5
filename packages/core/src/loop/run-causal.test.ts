import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.js';
import { writeSafetensors } from '../checkpoint/write.js';
import { openCausal } from '../graph/causal.js';
import { planCausal } from '../plan/causal-plan.js';
import type { CausalSpec } from '../spec/causal.js';
import type { HostTensor } from '../spec/tensor.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { runCausal } from './run-causal.js';

/** Each frame, times a weight, plus the frame before; the first chunk is doubled. */
const spec: CausalSpec = {
  name: 'sums',
  least: [1, 1, 2],
  emit: (g, x, memory) => {
    const frames = Number(x.shape[2]);
    const before = memory.recall('last', [1, 1, 1]);
    const all = g.concat('all', [before, x], 2);
    memory.keep('last', g.slice('kept', all, { axis: 2, from: frames, to: frames + 1 }));
    const shifted = g.slice('shifted', all, { axis: 2, from: 0, to: frames });
    const sum = g.add('sum', g.mul('scaled', x, g.weight('by', [1])), shifted);
    return memory.first ? g.scale('doubled', sum, 2) : sum;
  },
};

const frames = (...values: number[]): HostTensor => ({
  ...{ type: 'float32', shape: [1, 1, values.length] },
  data: Float32Array.from(values),
});

async function open() {
  const path = join(await temporaryFolder('causal'), 'w.safetensors');
  await writeSafetensors(path, { by: { type: 'float32', shape: [1], data: Float32Array.of(10) } });
  return openCausal(spec, await openCheckpoint(path));
}

async function made(chunks: readonly HostTensor[]): Promise<readonly number[][]> {
  const plan = planCausal(await open(), { first: [1, 1, 1], next: [1, 1, 2] }, { device: 'cpu' });
  const all: number[][] = [];
  for await (const { data } of runCausal(plan, chunks, { threads: 1 })) all.push(Array.from(data, Number));
  return all;
}

it('recalls of a chunk what the one before kept, zeros at first', async () => {
  expect(await made([frames(1), frames(2, 3), frames(4, 5)])).toEqual([[20], [21, 32], [43, 54]]);
});

it('plans what it keeps and its biggest chunk, and refuses what does not fit', async () => {
  const opened = await open();
  const shapes = { first: [1, 1, 1], next: [1, 1, 2] };
  const { memory, memoryBytes, peakBytes, next } = planCausal(opened, shapes, { device: 'cpu' });
  expect([...memory]).toEqual([['last', [1, 1, 1]]]);
  expect([memoryBytes, peakBytes]).toEqual([4, 4 + (next?.bytes ?? 0)]);
  const tight = { device: 'cpu', memoryBytes: peakBytes - 1 } as const;
  expect(() => planCausal(opened, shapes, tight)).toThrow('it does not fit');
});

it('refuses chunks of another size, and values that are not finite, by their number', async () => {
  await expect(made([frames(1), frames(2)])).rejects.toThrow('chunk 1 is not what it was planned for');
  await expect(made([frames(1), frames(2, Number.NaN)])).rejects.toThrow('chunk 1');
});

it('ends when it is left early, and when it is told to', async () => {
  const plan = planCausal(await open(), { first: [1, 1, 1], next: [1, 1, 2] }, { device: 'cpu' });
  for await (const _ of runCausal(plan, [frames(1), frames(2, 3)], { threads: 1 })) break;
  const signal = AbortSignal.abort();
  const run = runCausal(plan, [frames(1)], { threads: 1, signal });
  await expect(run.next()).rejects.toThrow();
});
