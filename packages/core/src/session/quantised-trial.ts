import { SkipstoneError } from '../error.js';
import { linear } from '../graph/op/linear.js';
import type { EmitOptions, QuantisedWeight } from '../graph/weights.js';
import { dequantiseRows, quantiseRows } from '../quantise/blocks.js';
import type { BlockForm } from '../quantise/form.js';
import { Room } from './room.js';
import { relativeError, trialOutput, trialValues } from './trial.js';

/** What a quantised product is tested under; each combination takes another way through a runtime. */
export interface QuantisedCase extends BlockForm {
  readonly device: 'cpu' | 'webgpu';
  readonly weights: EmitOptions['weights'];
}

/**
 * Activations are rounded to 8 bits inside the product where weights are packed: 0.5 % on these numbers.
 * A device that reads codes, scales or zero points wrongly is off by far more.
 */
const TOLERANCE = 0.02;

const ROWS = 33;
/** Whole blocks of any size, and a tail. */
const IN = 552;
const OUT = 48;

const tested = new Map<string, Promise<void>>();

/**
 * Refuses a device that computes the quantised product wrongly, once per process and case: the operator has
 * no other form that a run could fall back to.
 */
export function assertQuantised(request: QuantisedCase): Promise<void> {
  const { device, weights, bits, block } = request;
  const key = [device, weights, bits, block].join('.');
  const known = tested.get(key) ?? test(request);
  tested.set(key, known);
  return known;
}

async function test(request: QuantisedCase): Promise<void> {
  let error = Number.POSITIVE_INFINITY;
  let refused: unknown;
  try {
    error = await quantisedError(request);
  } catch (cause) {
    refused = cause;
  }
  judgeQuantised(request, error, refused);
}

/** Throws unless the error is one of rounding; `refused`: what the runtime threw instead of a result. */
export function judgeQuantised(
  { device, bits, block }: QuantisedCase,
  error: number,
  refused?: unknown,
): void {
  if (error <= TOLERANCE) return;
  const message = refused instanceof SkipstoneError ? refused.lines.have : String(refused);
  throw new SkipstoneError({
    code: 'quantised-wrong',
    what: `${device} cannot be trusted with ${bits}-bit weights in blocks of ${block}`,
    have: refused ? message : `${(100 * error).toPrecision(3)} % on a product of known result`,
    need: `an error of at most ${100 * TOLERANCE} %`,
    do: device === 'cpu' ? 'use fp32' : 'use the cpu, or fp16 or fp32 on this device',
    cause: refused,
  });
}

/** Error of the fused product against the product with dequantised weights in float64, max|a−b| / max|b|. */
export async function quantisedError({ device, weights, ...form }: QuantisedCase): Promise<number> {
  const matrix = quantiseRows(trialValues(OUT * IN, 100), IN, form);
  const weight: QuantisedWeight = {
    kind: 'quantised',
    ...form,
    values: { bytes: matrix.values },
    scales: { bytes: new Uint8Array(matrix.scales.buffer) },
  };
  const room = new Room({ device, threads: 0 });
  try {
    const got = await trialOutput(
      room,
      (g) => {
        const x = g.input({ name: 'x', type: 'float32', shape: [ROWS, IN] }, 'step', false);
        return linear(g, 'y', x, { in: IN, out: OUT, bias: false });
      },
      { compute: 'float32', weights, decompose: new Set() },
      { find: () => weight },
    );
    return relativeError(got, product(trialValues(ROWS * IN, 1), dequantiseRows(matrix, IN, form)));
  } finally {
    await room.close();
  }
}

/** x·wᵀ in float64. */
function product(x: Float32Array, w: Float64Array): Float64Array {
  const y = new Float64Array(ROWS * OUT);
  for (let i = 0; i < y.length; i++) {
    const [row, out] = [Math.floor(i / OUT), i % OUT];
    let sum = 0;
    for (let k = 0; k < IN; k++) sum += (x[row * IN + k] as number) * (w[out * IN + k] as number);
    y[i] = sum;
  }
  return y;
}
