import type { HostTensor } from '@skipstone/core';
import {
  type Checked,
  compare,
  floatInput,
  GOLDEN_THREADS,
  type Golden,
  type Numbers,
  parseFields,
  sample,
  stacked,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { imageEncoder } from '../image-encoder.js';
import { encoderOf, textEncoder } from '../text-encoder.js';

const CPU = { device: 'cpu', threads: GOLDEN_THREADS } as const;

/** T5, UMT5 and Gemma 3 on ids and masks of a batch. */
export const textVerifier: Verifier = {
  name: 'text encoders: T5, UMT5, Gemma 3',
  kind: 'text-encoder',
  accepts: ({ config }) => /T5Encoder|Gemma3/.test(String(config._class_name)),
  verify: verifyText,
};

/** CLIP's vision encoder. */
export const imageVerifier: Verifier = {
  name: 'image encoder: CLIP',
  kind: 'image-encoder',
  accepts: ({ config }) => config._class_name === 'CLIPVisionModel',
  verify: verifyImage,
};

async function* verifyText(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const { shape, data } = await golden.input('in.ids');
  const mask = await golden.input('in.mask');
  const [batch = 0, length = 0] = shape;
  const rows = (of: HostTensor, i: number): number[] =>
    Array.from(of.data.slice(i * length, (i + 1) * length), Number);
  const prompts = Array.from({ length: batch }, (_, i) => {
    const real = rows(mask, i);
    return Array.from(data.slice(i * length, (i + 1) * length), Number).filter((__, k) => real[k] === 1);
  });
  const kind = await encoderOf(golden.config, `${golden.folder}/config.json`, await golden.model());
  const encoder = textEncoder(kind, { maxTokens: length, tokenizer: golden.folder });
  const made = (await encoder.encodeTokens(prompts, CPU)).map(({ values }) => values);
  const layers = made[0]?.shape[2];
  const of = (layer: number): Numbers => {
    const count = layers ?? 1;
    const all = made.flatMap((one) => [...(one.data as Float32Array)].filter((_, i) => i % count === layer));
    return { shape: [batch, length, kind.width], data: all };
  };
  const last = 'out.last_hidden_state';
  yield compare(last, of((layers ?? 1) - 1), await golden.reference(last));
  for (let k = 0; k < (layers ?? 0); k++) {
    const name = `out.hidden.${k}`;
    if (golden.tensors.has(name)) yield compare(name, of(k), await golden.reference(name));
  }
}

async function* verifyImage(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const pixels = await floatInput(golden, 'in.pixel_values', 4);
  const encoder = imageEncoder(golden.config, `${golden.folder}/config.json`, await golden.model());
  const made = await Promise.all(
    Array.from({ length: pixels.shape[0] ?? 0 }, (_, i) => encoder.encode(sample(pixels, i), CPU)),
  );
  yield compare('out.penultimate', stacked(made), await golden.reference('out.penultimate'));
}
