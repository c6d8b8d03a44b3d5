import { join } from 'node:path';
import { openCheckpoint, readTensor } from '@skipstone/core';
import { expect, test } from 'vitest';
import { demoWeightsFolder } from './demo-model.js';
import { textEncoder } from './text.js';

const PROMPT = 'an orange square moves nowhere near a white triangle over a plain navy backdrop';
/** By hand from words.json. */
const IDS = [6, 12, 16, 2, 31, 5, 1, 13, 17, 3, 1, 23, 21, 4, 0, 0];

const checkpoint = await openCheckpoint(join(demoWeightsFolder, 'text.safetensors'));
const encoder = await textEncoder(checkpoint);

/** Row `row` of a stored table. */
async function row(name: string, index: number): Promise<readonly number[]> {
  const entry = checkpoint.tensors.get(name);
  if (!entry) throw new Error(`no ${name}`);
  const { data } = await readTensor(entry);
  return Array.from(data.subarray(64 * index, 64 * (index + 1)), Number);
}

async function expected(ids: readonly number[]): Promise<Float32Array> {
  const values: number[] = [];
  for (const [slot, id] of ids.entries()) {
    const [token, position] = [await row('token.weight', id), await row('position.weight', slot)];
    values.push(...token.map((value, i) => value + (position[i] ?? Number.NaN)));
  }
  return Float32Array.from(values);
}

test('a word is the row of its id plus the row of its slot, unused slots hold the pad', async () => {
  const { text, ...others } = await encoder.encode(PROMPT);
  expect(others).toEqual({});
  expect(text).toMatchObject({ type: 'float32', shape: [16, 64] });
  expect(text?.data).toEqual(await expected(IDS));
});

test('no prompt is 16 pads, and so is the empty negative prompt', async () => {
  const pads = await expected(Array(16).fill(0));
  expect((await encoder.encodeEmpty()).text?.data).toEqual(pads);
  expect((await encoder.encode('')).text?.data).toEqual(pads);
});

test('an encoding is of its own: changing one changes no other', async () => {
  const first = await encoder.encode(PROMPT);
  first.text?.data.fill(0 as never);
  expect((await encoder.encode(PROMPT)).text?.data).toEqual(await expected(IDS));
});

test('the examples can be encoded', async () => {
  expect(encoder.examples.length).toBeGreaterThan(1);
  for (const prompt of encoder.examples) await encoder.encode(prompt);
});

test('a prompt it cannot read is an error of the grammar', async () => {
  await expect(encoder.encode('a cat')).rejects.toMatchObject({ code: 'prompt-unknown-word' });
});
