import { SkipstoneError } from '../../error.js';
import type { Dim, Linear, Value } from '../../spec/pass.js';
import type { Work } from '../node.js';
import type { Recorder } from '../recorder.js';
import type { Addition, Difference, QuantisedWeight, StoredValues } from '../weights.js';
import { binary, scale as times } from './elementwise.js';
import { expectWidth } from './expect.js';

/**
 * x·Wᵀ + b. PyTorch keeps `[out, in]`, which `Gemm` takes as it is, so the file serves unchanged. The
 * product is computed in the compute type; bias is added inside the product. What other files add to W are
 * products beside it, named after it.
 */
export function linear(g: Recorder, path: string, x: Value, width: Linear): Value {
  expectWidth(path, x, width.in);
  const rows = x.shape[0] ?? 1;
  const input = g.cast(x, g.options.compute);
  const bias = width.bias === false ? undefined : weight(g, `${path}.bias`, [width.out]);
  const own = width.weightShape ?? [width.out, width.in];
  const found = g.find(`${path}.weight`, own);
  const shape = [rows, width.out];
  const work = [{ scale: 2, dims: [rows, width.in, width.out] }];
  const whole =
    found.kind === 'quantised'
      ? quantised(g, path, found, { x: input, bias, shape, work, width })
      : product(g, path, input, stored(g, `${path}.weight`, own, [width.out, width.in]), { plus: bias });
  return (found.additions ?? []).reduce(
    (sum, addition, i) => added(g, `${path}.lora.${i}`, input, sum, addition),
    whole,
  );
}

/** sum + scale·(x·downᵀ)·upᵀ, or sum + scale·x·differenceᵀ: the last product writes onto what it is added to. */
function added(g: Recorder, path: string, x: Value, sum: Value, addition: Addition): Value {
  const matrix = (side: string, values: StoredValues, dims: readonly number[]): Value =>
    inComputeType(g, held(g, `${path}.${side}.weight`, dims, values));
  const [width, out] = [x, sum].map(({ shape }) => Number(shape[1])) as [number, number];
  const { scale } = addition;
  if (addition.kind === 'difference') {
    const whole = matrix('difference', addition.values, [out, width]);
    return product(g, `${path}.difference`, x, whole, { plus: sum, alpha: scale });
  }
  const { rank, down, up } = addition;
  const thin = product(g, `${path}.down`, x, matrix('down', down, [rank, width]));
  return product(g, `${path}.up`, thin, matrix('up', up, [out, rank]), { plus: sum, alpha: scale });
}

interface ProductOptions {
  readonly plus?: Value | undefined;
  readonly alpha?: number;
}

/** alpha·x·matrixᵀ + plus. */
function product(g: Recorder, name: string, x: Value, matrix: Value, options: ProductOptions = {}): Value {
  const { plus, alpha = 1 } = options;
  const [rows = 1, width = 1] = x.shape;
  const [out = 1] = matrix.shape;
  return g.node({
    name,
    op: 'Gemm',
    inputs: plus ? [x, matrix, plus] : [x, matrix],
    shape: [rows, out],
    attributes: { transB: { int: 1 }, ...(alpha === 1 ? {} : { alpha: { float: alpha } }) },
    heavy: true,
    work: [{ scale: 2, dims: [rows, width, out] }],
  });
}

/**
 * A tensor of the checkpoint, with what other files add to it, as a value in the compute type; in another shape of the
 * same size if asked.
 */
export function weight(g: Recorder, name: string, shape: readonly number[], as?: readonly number[]): Value {
  return (g.find(name, shape).additions ?? []).reduce(
    (sum, addition, i) => {
      if (addition.kind === 'product') throw notAdded(name);
      return moved(g, `${name}.lora.${i}`, sum, addition);
    },
    stored(g, name, shape, as),
  );
}

/** sum + scale·values; written once, like the cast of a weight. */
function moved(g: Recorder, name: string, sum: Value, { values, scale }: Difference): Value {
  const known = g.values.get(name);
  if (known) return known.value;
  const whole = inComputeType(g, held(g, `${name}.difference`, sum.shape.map(Number), values));
  return binary(g, 'Add', name, sum, times(g, `${name}.scaled`, whole, scale));
}

function stored(g: Recorder, name: string, shape: readonly number[], as = shape): Value {
  const found = g.find(name, shape);
  if (found.kind !== 'stored') throw notQuantised(name);
  const known = g.initializers.get(name);
  if (known && known.dims.join() !== as.join()) throw twoShapes(name, known.dims, as);
  return inComputeType(g, known ? g.facts(name).value : held(g, name, as, found));
}

/** A tensor of a file as the graph's own, in its stored type. */
function held(g: Recorder, name: string, dims: readonly number[], { type, range }: StoredValues): Value {
  const overridable = g.options.weights === 'mapped' && type !== g.options.compute;
  const initializer = { name, type, dims, data: range, ...(overridable ? { overridable } : {}) };
  return g.own(initializer, type === 'bfloat16' ? 'float16' : type);
}

/** Half-precision weights that stay mapped are overridable, so that their casts are not folded. */
function inComputeType(g: Recorder, value: Value): Value {
  const stored = g.initializers.get(value.name)?.type;
  return stored === g.options.compute ? value : castWeight(g, value);
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

/** The cast of a weight is written once and carries no lifetime, so that each span has its own. */
function castWeight(g: Recorder, value: Value): Value {
  const to = `${value.name}/${g.options.compute}`;
  const known = g.values.get(to);
  if (known) return known.value;
  return g.node({
    name: to,
    op: 'Cast',
    inputs: [value],
    shape: value.shape,
    type: g.options.compute,
    attributes: { to: { int: g.options.compute === 'float32' ? 1 : 10 } },
  });
}

function notAdded(name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-weight',
    what: `graph: a low-rank addition to ${name} cannot be computed`,
    have: 'a weight that is used as it is',
    need: 'the matrix of a linear product, or a whole difference (.diff)',
    do: 'leave this tensor out of the file of additions',
  });
}

interface QuantisedProduct {
  readonly x: Value;
  readonly bias: Value | undefined;
  readonly shape: readonly Dim[];
  readonly work: Work;
  readonly width: Linear;
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
