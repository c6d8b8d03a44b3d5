import { attention } from '../graph/op/attention.js';
import { gelu } from '../graph/op/elementwise.js';
import { layerNorm, rmsNorm } from '../graph/op/norm.js';
import { rotary } from '../graph/op/rotary.js';
import type { Recorder } from '../graph/recorder.js';
import type { EmitOptions, FusedOperator, WeightSource } from '../graph/weights.js';
import type { Value } from '../spec/pass.js';
import { Room } from './room.js';
import { relativeError, trialOutput, trialValues } from './trial.js';

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
  const known = tested.get(key) ?? testOperators(device, compute);
  tested.set(key, known);
  known.catch(() => tested.delete(key));
  return known;
}

/** Emits the fused form of an operator, or its parts where `decompose` names it; the result is called `y`. */
export type OperatorCase = (g: Recorder) => Value;

/** The test itself, not remembered; with other cases it is how the test is tested. */
export async function testOperators(
  device: 'cpu' | 'webgpu',
  compute: EmitOptions['compute'],
  cases: Readonly<Partial<Record<FusedOperator, OperatorCase>>> = CASES,
): Promise<SelfTest> {
  let room = new Room({ device, threads: 0 });
  try {
    const operators = new Set<FusedOperator>();
    const notes: string[] = [];
    const errors: Record<string, number> = {};
    for (const [name, emit] of Object.entries(cases)) {
      const operator = name as FusedOperator;
      const parts = { compute, weights: 'packed' as const, decompose: new Set([operator]) };
      const right = await trialOutput(room, emit, parts, weights);
      const fused = { compute, weights: 'packed' as const, decompose: new Set<FusedOperator>() };
      let error = Number.POSITIVE_INFINITY;
      try {
        error = relativeError(await trialOutput(room, emit, fused, weights), right);
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
  attention: (g) => {
    const [q, k, v] = [input(g, 'q', ROWS), input(g, 'k', KEYS), input(g, 'v', KEYS)];
    return attention(g, 'y', { q, k, v, heads: HEADS });
  },
  rotary: (g) => {
    const cos = table(g, 'cos');
    const sin = table(g, 'sin');
    const positions = g.constant(
      'positions',
      Array.from({ length: ROWS }, (_, i) => 2 * i),
      [ROWS],
      'int64',
    );
    return rotary(g, 'y', input(g, 'q', ROWS), { positions, cos, sin, heads: HEADS });
  },
  rmsNorm: (g) => rmsNorm(g, 'y', input(g, 'q', ROWS), 1e-6),
  layerNorm: (g) => layerNorm(g, 'y', input(g, 'q', ROWS), { eps: 1e-6, affine: 'y' }),
  gelu: (g) => gelu(g, 'y', input(g, 'q', ROWS), 'tanh'),
} as const satisfies Record<FusedOperator, OperatorCase>;

function input(g: Recorder, name: string, rows: number): Value {
  const value = g.input({ name, type: 'float32', shape: [rows, WIDTH] }, 'step', false);
  return g.cast(value, g.options.compute);
}

function table(g: Recorder, name: string): Value {
  return g.input({ name, type: 'float32', shape: [KEYS, HEAD_WIDTH / 2] }, 'run', false);
}

const weights: WeightSource = {
  find: (name, shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const bytes = new Uint8Array(trialValues(count, name.length).buffer);
    return { kind: 'stored', type: 'float32', range: { bytes } };
  },
};
