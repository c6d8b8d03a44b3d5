import type { GraphBuilder } from '../spec/graph-builder.js';
import { attention, rotary } from './op/attention.js';
import { conv, depthToSpace } from './op/conv.js';
import {
  binary,
  concat,
  gatherRows,
  gelu,
  matmul,
  reshape,
  scale,
  silu,
  slice,
  transpose,
  unary,
} from './op/elementwise.js';
import { linear, weight } from './op/linear.js';
import { groupNorm, layerNorm, mean, modulatedNorm, plainRmsNorm, rmsNorm } from './op/norm.js';
import type { Recorder } from './recorder.js';

/** The operations of every graph, recorded by `g`. */
export function arithmetic(g: Recorder): GraphBuilder {
  return {
    linear: (path, x, width, options) => linear(g, path, x, width, options),
    weight: (name, shape, as) => weight(g, name, shape, as),
    layerNorm: (name, x, eps, affinePath) => layerNorm(g, name, x, eps, affinePath),
    modulatedNorm: (name, x, eps, by, shift, kind) =>
      modulatedNorm(g, name, x, eps, { scale: by, shift }, kind),
    rmsNorm: (path, x, eps) => rmsNorm(g, path, x, eps),
    plainRmsNorm: (name, x, eps) => plainRmsNorm(g, name, x, eps),
    rotary: (name, x, positions, cos, sin, heads, pairs) =>
      rotary(g, name, x, { positions, cos, sin }, heads, pairs),
    attention: (name, q, k, v, heads) => attention(g, name, q, k, v, heads),
    gelu: (name, x, form) => gelu(g, name, x, form),
    silu: (name, x) => silu(g, name, x),
    sigmoid: (name, x) => unary(g, 'Sigmoid', name, x),
    add: (name, a, b) => binary(g, 'Add', name, a, b),
    mul: (name, a, b) => binary(g, 'Mul', name, a, b),
    div: (name, a, b) => binary(g, 'Div', name, a, b),
    sqrt: (name, x) => unary(g, 'Sqrt', name, x),
    scale: (name, x, by) => scale(g, name, x, by),
    cos: (name, x) => unary(g, 'Cos', name, x),
    sin: (name, x) => unary(g, 'Sin', name, x),
    constant: (name, values, shape) => g.constant(name, values, shape, 'float32'),
    concat: (name, values, axis) => concat(g, name, values, axis),
    reshape: (name, x, shape) => reshape(g, name, x, shape),
    transpose: (name, x, order) => transpose(g, name, x, order),
    slice: (name, x, axis, from, to) => slice(g, name, x, axis, from, to),
    gatherRows: (name, x, ids) => gatherRows(g, name, x, ids),
    mean: (name, x, axis) => mean(g, name, x, axis),
    matmul: (name, a, b) => matmul(g, name, a, b),
    conv: (name, x, by) => conv(g, name, x, by),
    groupNorm: (path, x, groups, eps) => groupNorm(g, path, x, groups, eps),
    depthToSpace: (name, x, blocks) => depthToSpace(g, name, x, blocks),
  };
}
