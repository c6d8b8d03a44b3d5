import { recordPass } from '@skipstone/core';
import { expect, it } from 'vitest';
import { loneGraph, wholeGraph } from './graphs.js';
import { demoSubject } from './subjects.js';

const OPTIONS = { compute: 'float32', weights: 'packed', decompose: new Set<never>() } as const;

async function demoPass() {
  const [model] = (await demoSubject()).models;
  if (!model) throw new TypeError('the demo model is a model');
  return recordPass(model.spec, { variant: 'plain', rows: false }, model.weights, OPTIONS);
}

it('writes a whole pass as one graph that is fed from outside', async () => {
  const { inputs, outputs, nodes } = wholeGraph(await demoPass());
  expect(inputs.map((port) => port.name).sort()).toEqual([
    'clock.time',
    'condition.text',
    'latents.video',
    'table.rotary.cos',
    'table.rotary.sin',
  ]);
  expect(outputs).toHaveLength(1);
  expect(nodes.filter((node) => node.op === 'MultiHeadAttention')).toHaveLength(16);
});

it('takes one product out with its weights', async () => {
  const pass = await demoPass();
  const node = pass.recorder.nodes.find((one) => one.name === 'blocks.1.attn1.to_q');
  if (!node) throw new TypeError('the product is there');
  const { inputs, initializers, nodes, outputs } = loneGraph(pass, node);
  expect(inputs.map((port) => port.name)).toEqual(['blocks.1.norm1']);
  expect(outputs.map((port) => port.name)).toEqual(['blocks.1.attn1.to_q']);
  // The file is bfloat16: the casts of weight and bias are made of weights alone.
  expect(nodes.map((one) => one.op)).toEqual(['Cast', 'Cast', 'Gemm']);
  expect(initializers.map((one) => one.name)).toEqual([
    'blocks.1.attn1.to_q.weight',
    'blocks.1.attn1.to_q.bias',
  ]);
});
