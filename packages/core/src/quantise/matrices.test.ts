import { expect, it } from 'vitest';
import { wideModel } from '../testing/small/wide.js';
import { toyModel } from '../testing/toy/toy-model.js';
import { quantisedMatrices } from './matrices.js';
import { outlineSource } from './quantised-source.js';

it('takes wide matrices of linear products before the head, and knows those of clocks', async () => {
  const taken = quantisedMatrices(await wideModel());
  expect(taken.map(({ name, shape, clock }) => [name, ...shape, clock])).toEqual([
    ['time_proj.weight', 192, 192, true],
    ['text_proj.weight', 192, 200, false],
    ['blocks.0.fc.weight', 256, 192, false],
  ]);
});

it('takes the same ones whatever type they are stored in', async () => {
  const names = async (type: 'float32' | 'float16' | 'bfloat16') =>
    quantisedMatrices(await wideModel({ type })).map(({ name }) => name);
  expect(await names('bfloat16')).toEqual(await names('float32'));
  expect(await names('float16')).toEqual(await names('float32'));
});

it('says so where nothing is worth quantising', async () => {
  const model = await toyModel();
  expect(() => quantisedMatrices(model)).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: toy: no weight is worth quantising
      have   13 tensors
      need   a linear product whose matrix is at least 192 wide both ways
      do     run it without int8 or int4]
  `);
});

it('refuses a model whose weights are quantised already', async () => {
  const model = await wideModel();
  const quantised = { ...model, weights: outlineSource(model, 8) };
  expect(() => quantisedMatrices(quantised)).toThrowErrorMatchingInlineSnapshot(`
    [SkipstoneError: time_proj.weight is quantised already
      have   weights from a sidecar file
      need   the checkpoint's own weights
      do     quantise the model as it was opened]
  `);
});
