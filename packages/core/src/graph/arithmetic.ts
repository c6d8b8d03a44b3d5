import type { GraphBuilder } from '../spec/graph-builder.js';
import { attention } from './op/attention.js';
import { conv, convTranspose, depthToSpace, pad, upsampleNearest } from './op/conv.js';
import * as each from './op/elementwise.js';
import { linear, weight } from './op/linear.js';
import { groupNorm, layerNorm, mean, modulatedNorm, plainRmsNorm, rmsNorm } from './op/norm.js';
import { rotary } from './op/rotary.js';
import type { Recorder } from './recorder.js';

/** The operations of every graph, recorded by `g`. */
export const arithmetic = (g: Recorder): GraphBuilder => ({
  linear: linear.bind(null, g),
  weight: weight.bind(null, g),
  layerNorm: layerNorm.bind(null, g),
  modulatedNorm: modulatedNorm.bind(null, g),
  rmsNorm: rmsNorm.bind(null, g),
  plainRmsNorm: plainRmsNorm.bind(null, g),
  groupNorm: groupNorm.bind(null, g),
  rotary: rotary.bind(null, g),
  attention: attention.bind(null, g),
  gelu: each.gelu.bind(null, g),
  silu: each.silu.bind(null, g),
  sigmoid: each.unary.bind(null, g, 'Sigmoid'),
  tanh: each.unary.bind(null, g, 'Tanh'),
  exp: each.unary.bind(null, g, 'Exp'),
  log: each.unary.bind(null, g, 'Log'),
  leakyRelu: each.leakyRelu.bind(null, g),
  clamp: each.clamp.bind(null, g),
  convTranspose: convTranspose.bind(null, g),
  pad: pad.bind(null, g),
  relu: each.unary.bind(null, g, 'Relu'),
  sqrt: each.unary.bind(null, g, 'Sqrt'),
  cos: each.unary.bind(null, g, 'Cos'),
  sin: each.unary.bind(null, g, 'Sin'),
  add: each.binary.bind(null, g, 'Add'),
  mul: each.binary.bind(null, g, 'Mul'),
  div: each.binary.bind(null, g, 'Div'),
  scale: each.scale.bind(null, g),
  constant: (name, values, shape) => g.constant(name, values, shape, 'float32'),
  index: (name, values) => g.constant(name, values, [values.length], 'int64'),
  concat: each.concat.bind(null, g),
  reshape: each.reshape.bind(null, g),
  transpose: each.transpose.bind(null, g),
  slice: each.slice.bind(null, g),
  gatherRows: each.gatherRows.bind(null, g),
  matmul: each.matmul.bind(null, g),
  mean: mean.bind(null, g),
  conv: conv.bind(null, g),
  depthToSpace: depthToSpace.bind(null, g),
  upsampleNearest: upsampleNearest.bind(null, g),
});
