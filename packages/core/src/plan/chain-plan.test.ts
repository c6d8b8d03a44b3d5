import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.js';
import { writeSafetensors } from '../checkpoint/write.js';
import { SkipstoneError } from '../error.js';
import { openChain } from '../graph/chain.js';
import { runChain } from '../loop/run-chain.js';
import type { ChainSpec } from '../spec/chain.js';
import type { HostTensor } from '../spec/tensor.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { planChain } from './chain-plan.js';

/** Doubles channels by a convolution of weights that are 1, then adds what it has to itself, twice. */
const spec: ChainSpec = {
  name: 'small',
  least: [1, 2, 3, 3],
  spans: [
    {
      name: 'wide',
      emit: (g, x) => g.conv('conv', x, { weight: g.weight('wide', [4, 2, 1, 1]) }),
    },
    {
      name: 'twice',
      emit: (g, x) => {
        const sum = g.add('first', x, x);
        return g.add('second', sum, sum);
      },
    },
  ],
};

const ones = (shape: readonly number[]): HostTensor => ({
  ...{ type: 'float32', shape },
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1),
});

async function open(tensors: Readonly<Record<string, HostTensor>> = { wide: ones([4, 2, 1, 1]) }) {
  const path = join(await temporaryFolder('chain'), 'w.safetensors');
  await writeSafetensors(path, tensors);
  return openChain(spec, await openCheckpoint(path));
}

async function errorOf(work: Promise<unknown>): Promise<SkipstoneError> {
  const error = await work.then(
    () => new Error('it was taken'),
    (reason: unknown) => reason,
  );
  if (error instanceof SkipstoneError) return error;
  throw error;
}

it('runs its spans one after the other, on inputs of any size', async () => {
  const plan = planChain(await open(), [1, 2, 3, 5], { device: 'cpu' });
  expect(plan.output).toEqual([1, 4, 3, 5]);
  const seen: unknown[] = [];
  const watch = (span: string, made: HostTensor) => seen.push([span, ...new Set(made.data as Float32Array)]);
  const { shape, data } = await runChain(plan, ones([1, 2, 3, 5]), { watch });
  expect([shape, new Set(data as Float32Array)]).toEqual([[1, 4, 3, 5], new Set([8])]);
  expect(seen).toEqual([
    ['wide', 2],
    ['twice', 8],
  ]);
});

it('needs the memory of its biggest span: what comes in, what it makes, and nothing of the others', async () => {
  const { spans, peakBytes } = planChain(await open(), [1, 2, 30, 50], { device: 'cpu' });
  const place = 4 * 30 * 50;
  expect(spans.map(({ bytes }) => bytes)).toEqual([(2 + 4) * place, (4 + 4) * place]);
  expect(peakBytes).toBe(8 * place);
  expect(spans[0]?.flops).toBe(2 * 30 * 50 * 4 * 2);
});

it('counts copies of half-precision weights, and what a convolution of few places unfolds', async () => {
  const half: HostTensor = { type: 'float16', shape: [4, 2, 1, 1], data: new Uint16Array(8).fill(0x3c00) };
  const plan = planChain(await open({ wide: half }), [1, 2, 1, 3], { device: 'cpu' });
  expect(plan.spans[0]?.bytes).toBe(4 * (2 * 3 + 8 + 4 * 3 + 3 * 2));
  const { data } = await runChain(plan, ones([1, 2, 1, 3]));
  expect(new Set(data as Float32Array)).toEqual(new Set([8]));
});

it('keeps what a view looks at', async () => {
  const chain = await open();
  const looked: ChainSpec = {
    ...spec,
    spans: [
      {
        name: 'view',
        emit: (g, x) => {
          const made = g.conv('conv', x, { weight: g.weight('wide', [4, 2, 1, 1]) });
          const view = g.reshape('view', made, [4, 15]);
          return g.add('sum', view, g.silu('act', g.add('twice', view, view)));
        },
      },
    ],
  };
  const plan = planChain({ ...chain, spec: looked }, [1, 2, 3, 5], { device: 'cpu' });
  // What comes in, the view's source, and two values of the activation: the third is written over the second.
  expect(plan.peakBytes).toBe(4 * 15 * (2 + 4 + 4 + 4));
});

it('is refused before anything is loaded where it does not fit', async () => {
  const chain = await open();
  const settings = { device: 'cpu', memoryBytes: 8 * 15 * 4 - 1 } as const;
  expect(() => planChain(chain, [1, 2, 3, 5], settings)).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: small: it does not fit
      have   0.5 KiB of memory
      need   0.5 KiB for twice on [1, 2, 3, 5]
      do     use fewer frames or a smaller size]
  `);
  expect(planChain(chain, [1, 2, 3, 5], { ...settings, memoryBytes: 8 * 15 * 4 }).peakBytes).toBe(480);
});

it('claims every tensor once', async () => {
  const error = await errorOf(open({ wide: ones([4, 2, 1, 1]), other: ones([1]) }));
  expect(error.lines).toMatchObject({ code: 'checkpoint-claims', have: '1 unused: other' });
  expect((await errorOf(open({ wide: ones([4, 3, 1, 1]) }))).code).toBe('checkpoint-shape');
});

it('refuses another input than it was planned for, and stops when it is told to', async () => {
  const plan = planChain(await open(), [1, 2, 3, 5], { device: 'cpu' });
  expect((await errorOf(runChain(plan, ones([1, 2, 5, 3])))).code).toBe('chain-input');
  await expect(runChain(plan, ones([1, 2, 3, 5]), { signal: AbortSignal.abort() })).rejects.toThrow(
    'aborted',
  );
  const controller = new AbortController();
  const running = runChain(plan, ones([1, 2, 3, 5]), { signal: controller.signal });
  controller.abort();
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
});
