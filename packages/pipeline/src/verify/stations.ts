import { joined, type VideoCodec } from '@skipstone/codecs';
import type { HostTensor } from '@skipstone/core';
import { type Checked, compare, GOLDEN_THREADS, type Golden, type Numbers } from '@skipstone/golden';
import { z } from 'zod';
import type { Pipeline } from '../pipeline.js';

/** What a case says of its prompt and its negative prompt. Spread into a schema. */
export const promptFields = {
  prompt_cleaned: z.string(),
  negative_prompt_cleaned: z.string(),
  tokens: z.array(z.string()),
  negative_tokens: z.array(z.string()),
};

type PromptFields = z.infer<z.ZodObject<typeof promptFields>>;

/** The prompt or the negative prompt of a case. */
export interface Side {
  /** What its tensors' names begin with. */
  readonly prefix: '' | 'negative_';
  readonly raw: string;
  readonly cleaned: string;
  readonly tokens: readonly string[];
}

export const sidesOf = (fields: PromptFields, prompt: string, negative: string): readonly Side[] => [
  { prefix: '', raw: prompt, cleaned: fields.prompt_cleaned, tokens: fields.tokens },
  {
    prefix: 'negative_',
    raw: negative,
    cleaned: fields.negative_prompt_cleaned,
    tokens: fields.negative_tokens,
  },
];

/** A prompt as it is cleaned, its tokens, and their ids and mask with the padding on its side. */
export async function* checkTokens(
  golden: Golden,
  { text, clean }: Pipeline,
  { prefix, raw, cleaned, tokens }: Side,
  padding: 'before' | 'behind',
): AsyncGenerator<Checked> {
  const ours = clean(raw);
  yield exactly(`${prefix}prompt_cleaned`, ours === cleaned, ours);
  const [found] = await text.tokenize([ours]);
  yield exactly(`${prefix}tokens`, found?.tokens.join('\n') === tokens.join('\n'), String(found?.tokens));
  const ids = found?.ids ?? [];
  const zeros = new Array<number>(text.maxTokens - ids.length).fill(0);
  const padded = (values: readonly number[]): Numbers => ({
    shape: [1, text.maxTokens],
    data: padding === 'before' ? [...zeros, ...values] : [...values, ...zeros],
  });
  const at = (name: string): string => `tap.${prefix}${name}`;
  yield compare(at('ids'), padded(ids), await golden.reference(at('ids')), 0);
  yield compare(at('mask'), padded(ids.map(() => 1)), await golden.reference(at('mask')), 0);
}

/** Decodes and compares; gives the frames, `[T, H, W, 3]` in 0 to 1. */
export async function* checkFrames(
  golden: Golden,
  codec: VideoCodec,
  latents: HostTensor,
): AsyncGenerator<Checked, Numbers> {
  const chunks: HostTensor[] = [];
  for await (const chunk of codec.decode(latents, { device: 'cpu', threads: GOLDEN_THREADS }))
    chunks.push(chunk);
  const frames = lastChannels(joined(chunks));
  yield compare('out.frames', frames, await golden.reference('out.frames'));
  return frames;
}

/** `[3, T, H, W]` in −1 to 1 as `[T, H, W, 3]` in 0 to 1. */
function lastChannels({ shape, data }: HostTensor): Numbers {
  const [, frames = 0, height = 0, width = 0] = shape;
  const area = frames * height * width;
  return {
    shape: [frames, height, width, 3],
    data: Float32Array.from({ length: 3 * area }, (_, i) => {
      return Math.min(1, Math.max(0, Number(data[(i % 3) * area + Math.floor(i / 3)]) / 2 + 0.5));
    }),
  };
}

export const batched = (one: HostTensor | undefined): Numbers | undefined =>
  one && { shape: [1, ...one.shape], data: one.data as Float32Array };

export const list = (data: readonly number[]): Numbers => ({ shape: [data.length], data });

const exactly = (name: string, same: boolean, have: string): Checked => ({
  ...{ name, shape: [], error: same ? 0 : Number.POSITIVE_INFINITY, limit: 0 },
  ...(!same && { note: `ours: ${JSON.stringify(have)}` }),
});
