import { encodeModel } from '../graph/encode.js';
import { attention, rotary } from '../graph/op/attention.js';
import { gelu } from '../graph/op/elementwise.js';
import { layerNorm, rmsNorm } from '../graph/op/norm.js';
import { Recorder } from '../graph/recorder.js';
import type { EmitOptions, FusedOperator, WeightSource } from '../graph/weights.js';
import type { Value } from '../spec/pass.js';
import type { HostTensor } from '../spec/tensor.js';
import { Room } from './room.js';

/** Which fused operators a device computes wrongly, and a sentence for each. */
export interface SelfTest {
  readonly operators: ReadonlySet<FusedOperator>;
  readonly notes: readonly string[];
  /** Error of each fused operator against its decomposed form, max|a−b| / max|b|. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Above this a fused operator is not trusted: float32 forms differ by 1e-6, half-precision ones by 1e-3. */
const TOLERANCE = { float32: 1e-4, float16: 2e-2 } as const;

const ROWS = 33;
const KEYS = 65;
const HEADS = 2;
const HEAD_WIDTH = 64;
const WIDTH = HEADS * HEAD_WIDTH;

const tested = new Map<string, Promise<SelfTest>>();

/**
 * Runs each fused operator and its decomposed form on the same numbers, once per process and device. A
 * device that computes one wrongly (seen: MultiHeadAttention on a software WebGPU device, by 2–5 %) gets the
 * decomposed form, and the caller a note to show.
 */
export function selfTest(device: 'cpu' | 'webgpu', compute: EmitOptions['compute']): Promise<SelfTest> {
  const key = `${device}.${compute}`;
  const known = tested.get(key) ?? runSelfTest(device, compute);
  tested.set(key, known);
  return known;
}

async function runSelfTest(device: 'cpu' | 'webgpu', compute: EmitOptions['compute']): Promise<SelfTest> {
  let room = new Room({ device, threads: 0 });
  try {
    const operators = new Set<FusedOperator>();
    const notes: string[] = [];
    const errors: Record<string, number> = {};
    for (const [name, emit] of Object.entries(CASES)) {
      const operator = name as FusedOperator;
      const right = await outputOf(room, emit, {
        compute,
        weights: 'packed',
        decompose: new Set([operator]),
      });
      const fused = { compute, weights: 'packed' as const, decompose: new Set<FusedOperator>() };
      let error = Number.POSITIVE_INFINITY;
      try {
        error = relativeError(await outputOf(room, emit, fused), right);
      } catch {
        // A runtime that refuses an operator ends its room; the next case gets another.
        await room.close();
        room = new Room({ device, threads: 0 });
      }
      errors[operator] = error;
      if (error <= TOLERANCE[compute]) continue;
      operators.add(operator);
      notes.push(
        `${device} computes fused ${operator} with an error of ${error.toPrecision(2)}: using its parts`,
      );
    }
    return { operators, notes, errors };
  } finally {
    await room.close();
  }
}

const CASES = {
  attention: (g) => attention(g, 'y', input(g, 'q', ROWS), input(g, 'k', KEYS), input(g, 'v', KEYS), HEADS),
  rotary: (g) => {
    const cos = table(g, 'cos');
    const sin = table(g, 'sin');
    const positions = g.constant(
      'positions',
      Array.from({ length: ROWS }, (_, i) => 2 * i),
      [ROWS],
      'int64',
    );
    return rotary(g, 'y', input(g, 'q', ROWS), { positions, cos, sin }, HEADS);
  },
  rmsNorm: (g) => rmsNorm(g, 'y', input(g, 'q', ROWS), 1e-6),
  layerNorm: (g) => layerNorm(g, 'y', input(g, 'q', ROWS), 1e-6, 'y'),
  gelu: (g) => gelu(g, 'y', input(g, 'q', ROWS), 'tanh'),
} as const satisfies Partial<Record<FusedOperator, (g: Recorder) => Value>>;

function input(g: Recorder, name: string, rows: number): Value {
  const value = g.input({ name, type: 'float32', shape: [rows, WIDTH] }, 'step', false);
  return g.cast(value, g.options.compute);
}

function table(g: Recorder, name: string): Value {
  return g.input({ name, type: 'float32', shape: [KEYS, HEAD_WIDTH / 2] }, 'run', false);
}

const weights: WeightSource = {
  find: (name, shape) => {
    const bytes = new Uint8Array(
      values(
        shape.reduce((a, b) => a * b, 1),
        name.length,
      ).buffer,
    );
    return { kind: 'stored', type: 'float32', range: { bytes } };
  },
};

async function outputOf(
  room: Room,
  emit: (g: Recorder) => Value,
  options: EmitOptions,
): Promise<Float32Array> {
  const g = new Recorder(weights, options);
  const out = g.cast(emit(g), 'float32');
  const used = new Set(g.nodes.flatMap((node) => node.inputs));
  const inputs = [...g.values.values()].flatMap(({ value, lifetime }) =>
    lifetime && used.has(value.name) && !g.nodes.some((node) => node.outputs.includes(value.name))
      ? [value]
      : [],
  );
  const initializers = [...g.initializers.values()];
  const model = encodeModel(
    { name: 'self-test', inputs, outputs: [out], nodes: g.nodes, initializers },
    (f) => f,
  );
  const session = room.newId();
  const outputs = [out.name];
  room.post({
    op: 'compile',
    session: { session, label: 'self-test', model, folder: '', weights: 'packed', outputs },
  });
  const bound: Record<string, number> = {};
  for (const [i, port] of inputs.entries()) {
    bound[port.name] = room.newId();
    const shape = port.shape.map(Number);
    const data = values(
      shape.reduce((a, b) => a * b, 1),
      i + 1,
    );
    room.post({ op: 'put', id: bound[port.name] ?? 0, host: { type: 'float32', shape, data } });
  }
  const id = room.newId();
  const shape = out.shape.map(Number);
  const request = { [out.name]: { id, type: 'float32' as const, shape } };
  room.post({ op: 'run', run: { session, label: 'self-test', inputs: bound, outputs: request } });
  const { data } = await room.read(id);
  room.post({ op: 'release', session });
  return data as Float32Array & HostTensor['data'];
}

/** Numbers in (−2, 2) that look random and are the same everywhere. */
function values(count: number, seed: number): Float32Array {
  let state = 12345 + seed * 7919;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 4 - 2;
  });
}

function relativeError(a: Float32Array, b: Float32Array): number {
  let [difference, largest] = [0, 0];
  a.forEach((value, i) => {
    const distance = Math.abs(value - (b[i] ?? 0));
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(b[i] ?? 0));
  });
  return difference / largest;
}
