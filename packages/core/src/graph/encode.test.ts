import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { narrowBfloat16, narrowFloat16 } from '../checkpoint/half.js';
import { Room } from '../session/room.js';
import type { HostTensor } from '../spec/tensor.js';
import { runGraph, someNumbers } from '../testing/small/run-graph.js';
import type { Graph, Node } from './node.js';
import { linear } from './op/linear.js';
import { Recorder } from './recorder.js';
import type { EmitOptions, StoredWeight, WeightSource } from './weights.js';

const [ROWS, IN, OUT] = [3, 4, 5];

/** Small whole numbers: exact in every type, and so are their products and sums. */
const whole = (count: number): Float32Array => someNumbers(count).map((x) => Math.round(x * 15));
const weight = whole(OUT * IN);
const bias = whole(OUT);
const x: HostTensor = { type: 'float32', shape: [ROWS, IN], data: whole(ROWS * IN) };

/** x·Wᵀ + b in plain arithmetic. */
const product = (): number[] =>
  Array.from({ length: ROWS * OUT }, (_, i) => {
    const [row, out] = [Math.floor(i / OUT), i % OUT];
    let sum = bias[out] ?? 0;
    for (let k = 0; k < IN; k++) sum += Number(x.data[row * IN + k]) * (weight[out * IN + k] ?? 0);
    return sum;
  });

function bytesOf(type: StoredWeight['type'], values: Float32Array): Uint8Array {
  if (type === 'float32') return new Uint8Array(values.slice().buffer);
  return new Uint8Array((type === 'float16' ? narrowFloat16(values) : narrowBfloat16(values)).buffer);
}

/** A folder with weights at odd places of a file in a folder below it. */
async function weightFile(type: StoredWeight['type'], odd: number) {
  const folder = `${await mkdtemp(join(tmpdir(), 'skipstone-encode-'))}/`;
  const name = `weights of ${type}.bin`;
  const file = folder + name;
  const parts = { 'fc.weight': bytesOf(type, weight), 'fc.bias': bytesOf(type, bias) };
  const ranges = new Map<string, StoredWeight['range']>();
  let offset = odd;
  for (const [path, bytes] of Object.entries(parts)) {
    ranges.set(path, { file, offset, byteLength: bytes.length });
    offset += bytes.length;
  }
  await writeFile(file, Buffer.concat([Buffer.alloc(odd, 0xff), ...Object.values(parts)]));
  const source: WeightSource = {
    find: (path) => ({ kind: 'stored', type, range: ranges.get(path) ?? { bytes: new Uint8Array() } }),
  };
  return { folder, source };
}

function linearGraph(source: WeightSource, weights: EmitOptions['weights']): Graph {
  const g = new Recorder(source, { compute: 'float32', weights, decompose: new Set() });
  const input = g.input({ name: 'x', type: 'float32', shape: ['N', IN] }, 'step', false);
  const out = linear(g, 'fc', input, { in: IN, out: OUT });
  return {
    name: 'fc',
    inputs: [input],
    outputs: [out],
    nodes: g.nodes,
    initializers: [...g.initializers.values()],
  };
}

describe('an encoded graph in the runtime', () => {
  let room: Room;
  beforeAll(() => {
    room = new Room({ device: 'cpu', threads: 1 });
  });
  afterAll(() => room.close());

  const types = ['float32', 'float16', 'bfloat16'] as const;
  const cases = types.flatMap((type) =>
    (['mapped', 'packed'] as const).map((weights) => ({ type, weights })),
  );
  it.each(cases)('reads $type weights at an odd offset of a file, $weights', async ({ type, weights }) => {
    const { folder, source } = await weightFile(type, 13);
    const graph = linearGraph(source, weights);
    expect(
      graph.initializers.every(
        (i) => Boolean(i.overridable) === (weights === 'mapped' && type !== 'float32'),
      ),
    ).toBe(true);
    const { fc } = await runGraph(room, {
      graph,
      feeds: { x },
      shapes: { fc: [ROWS, OUT] },
      folder,
      weights,
    });
    expect(Array.from(fc ?? [])).toEqual(product());
  });

  it.each([1, 0])('carries every kind of attribute, down into the branches of an If (%i)', async (open) => {
    const node = (
      name: string,
      op: string,
      inputs: readonly string[],
      attributes: Node['attributes'] = {},
    ): Node => ({
      name,
      op,
      domain: '',
      inputs,
      outputs: [name],
      attributes,
    });
    const pads = { name: 'pads', type: 'int64' as const, dims: [4], data: { bytes: int64(0, 1, 0, 1) } };
    const inner = [
      node('leaky', 'LeakyRelu', ['x'], { alpha: { float: 0.25 } }),
      node('padded', 'Pad', ['leaky', 'pads'], { mode: { string: 'edge' } }),
      node('then', 'Transpose', ['padded'], { perm: { ints: [1, 0] } }),
    ];
    const graph: Graph = {
      name: 'attributes',
      inputs: [
        { name: 'x', type: 'float32', shape: ['N', 2] },
        { name: 'open', type: 'bool', shape: [1] },
      ],
      outputs: [{ name: 'y', type: 'float32', shape: ['a', 'b'] }],
      initializers: [pads],
      nodes: [
        node('y', 'If', ['open'], {
          then_branch: { graph: { name: 'on', nodes: inner, outputs: ['then'] } },
          else_branch: {
            graph: {
              name: 'off',
              nodes: [node('else', 'Concat', ['x', 'x'], { axis: { int: -1 } })],
              outputs: ['else'],
            },
          },
        }),
      ],
    };
    const feeds: Record<string, HostTensor> = {
      x: { type: 'float32', shape: [2, 2], data: Float32Array.of(1, -4, 8, -16) },
      open: { type: 'bool', shape: [1], data: Uint8Array.of(open) },
    };
    const { y } = await runGraph(room, { graph, feeds, shapes: { y: open ? [4, 2] : [2, 4] } });
    expect(Array.from(y ?? [])).toEqual(open ? [1, 8, 1, 8, -1, -4, -1, -4] : [1, -4, 1, -4, 8, -16, 8, -16]);
  });
});

const int64 = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
