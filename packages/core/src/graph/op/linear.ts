import { SkipstoneError } from '../../error.js';
import type { LinearOptions, Value } from '../../spec/pass.js';
import type { Initializer } from '../node.js';
import type { Recorder } from '../recorder.js';
import type { QuantisedWeight, StoredWeight } from '../weights.js';
import { expectWidth } from './expect.js';

/**
 * x·Wᵀ + b. PyTorch keeps `[out, in]`, which `Gemm` takes as it is, so the file serves unchanged. The
 * product is computed in the compute type; bias is added inside the product.
 */
export function linear(
  g: Recorder,
  path: string,
  x: Value,
  width: { readonly in: number; readonly out: number },
  options: LinearOptions = {},
): Value {
  expectWidth(path, x, width.in);
  const rows = x.shape[0] ?? 1;
  const input = g.cast(x, g.options.compute);
  const bias = options.bias === false ? undefined : weight(g, `${path}.bias`, [width.out]);
  const own = options.weightShape ?? [width.out, width.in];
  const found = g.find(`${path}.weight`, own);
  const shape = [rows, width.out];
  const work = [{ scale: 2, dims: [rows, width.in, width.out] }];
  if (found.kind === 'quantised') return quantised(g, path, found, { x: input, bias, shape, work, width });
  const matrix = stored(g, `${path}.weight`, own, [width.out, width.in]);
  return g.node({
    name: path,
    op: 'Gemm',
    inputs: bias ? [input, matrix, bias] : [input, matrix],
    shape,
    attributes: { transB: { int: 1 } },
    heavy: true,
    work,
  });
}

/** A tensor of the checkpoint as a value in the compute type, in another shape of the same size if asked. */
export function weight(g: Recorder, name: string, shape: readonly number[], as?: readonly number[]): Value {
  return stored(g, name, shape, as);
}

function stored(g: Recorder, name: string, shape: readonly number[], as = shape): Value {
  const known = g.initializers.get(name);
  const found = known ? undefined : g.find(name, shape);
  if (known?.type === 'uint8' || (found && found.kind !== 'stored')) throw notQuantised(name);
  if (known && known.dims.join() !== as.join()) throw twoShapes(name, known.dims, as);
  if (found) g.own(initializer(g, name, as, found), found.type === 'bfloat16' ? 'float16' : found.type);
  const type = known?.type ?? found?.type ?? 'float32';
  const held = g.facts(name).value;
  if (type === g.options.compute) return held;
  return castWeight(g, name, held);
}

function twoShapes(name: string, first: readonly number[], second: readonly number[]): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-weight',
    what: `graph: ${name} is used in two shapes`,
    have: `[${first.join(', ')}], then [${second.join(', ')}]`,
    need: 'one shape of a weight in a pass',
    do: 'reshape the value where the second shape is needed',
  });
}

function notQuantised(name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-weight',
    what: `graph: ${name} is quantised but used as it is`,
    have: 'blocks of 8 or 4 bits',
    need: 'a stored weight: only products read quantised ones',
    do: 'quantise matrices of linear layers only',
  });
}

/** Half-precision weights that stay mapped are made overridable, so that their casts are not folded. */
function initializer(g: Recorder, name: string, dims: readonly number[], found: StoredWeight): Initializer {
  const keep = g.options.weights === 'mapped' && found.type !== g.options.compute;
  return { name, type: found.type, dims, data: found.range, ...(keep ? { overridable: true } : {}) };
}

/** The cast of a weight is written once and carries no lifetime, so that each span has its own. */
function castWeight(g: Recorder, name: string, held: Value): Value {
  const to = `${name}/${g.options.compute}`;
  const known = g.values.get(to);
  if (known) return known.value;
  return g.node({
    name: to,
    op: 'Cast',
    inputs: [held],
    shape: held.shape,
    type: g.options.compute,
    attributes: { to: { int: g.options.compute === 'float32' ? 1 : 10 } },
  });
}

interface QuantisedProduct {
  readonly x: Value;
  readonly bias: Value | undefined;
  readonly shape: readonly (number | string)[];
  readonly work: readonly { scale: number; dims: (number | string)[] }[];
  readonly width: { readonly in: number; readonly out: number };
}

function quantised(g: Recorder, path: string, found: QuantisedWeight, product: QuantisedProduct): Value {
  const { x, bias, shape, work, width } = product;
  const blocks = Math.ceil(width.in / found.block);
  const name = `${path}.weight`;
  const bytesPerBlock = (found.block * found.bits) / 8;
  const values = g.own(
    { name, type: 'uint8', dims: [width.out, blocks, bytesPerBlock], data: found.values },
    'uint8',
  );
  const scales = g.own(
    { name: `${name}.scales`, type: 'float32', dims: [width.out, blocks], data: found.scales },
    'float32',
  );
  return g.node({
    name: path,
    op: 'MatMulNBits',
    domain: 'com.microsoft',
    inputs: [x, values, g.cast(scales, x.type), undefined, undefined, bias],
    shape,
    attributes: {
      K: { int: width.in },
      N: { int: width.out },
      bits: { int: found.bits },
      block_size: { int: found.block },
      accuracy_level: { int: QUANTISED_ACCURACY },
    },
    heavy: true,
    work,
  });
}

/**
 * 4: activations rounded to 8 bits block by block inside the product. For 8-bit weights the CPU provider has
 * no packed kernel at other levels (it makes the matrix in float32 in every pass instead); for 4 bits it is
 * a third faster and the weights' own error is ten times larger. Without packing the level says nothing:
 * the arithmetic is float32 then.
 */
const QUANTISED_ACCURACY = 4;
