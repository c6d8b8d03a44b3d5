import { checkedJson, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const count = z
  .int()
  .positive()
  .max(2 ** 14);
/** Samples a second. */
const rate = z
  .int()
  .positive()
  .max(2 ** 20);
const counts = z.array(count).min(1).max(12);

/** Fields of one generator; those of the second have a prefix. */
const generator = {
  in_channels: count.default(128),
  hidden_channels: count.default(1024),
  out_channels: count.default(2),
  upsample_kernel_sizes: counts.default([16, 15, 8, 4, 4]),
  upsample_factors: counts.default([6, 5, 2, 2, 2]),
  resnet_kernel_sizes: counts.default([3, 7, 11]),
  resnet_dilations: z.array(counts).default([
    [1, 3, 5],
    [1, 3, 5],
    [1, 3, 5],
  ]),
  act_fn: z.enum(['leaky_relu', 'snakebeta']).default('leaky_relu'),
  leaky_relu_negative_slope: z.number().default(0.1),
  antialias: z.boolean().default(false),
  antialias_ratio: z.literal(2).default(2),
  antialias_kernel_size: count.default(12),
  final_act_fn: z.enum(['tanh', 'clamp']).nullable().default('tanh'),
  final_bias: z.boolean().default(true),
};

const one = z.object(generator);

const two = z.object({
  filter_length: count.default(512),
  hop_length: count.default(80),
  window_length: count.default(512),
  num_mel_channels: count.default(64),
  input_sampling_rate: rate.default(16_000),
  output_sampling_rate: rate.default(48_000),
});

export interface GeneratorConfig {
  readonly in: number;
  readonly hidden: number;
  readonly out: number;
  readonly ups: readonly { readonly kernel: number; readonly factor: number }[];
  readonly blocks: readonly { readonly kernel: number; readonly dilations: readonly number[] }[];
  /** Slope of what is below 0, or periodic activations between filters of so many values. */
  readonly activation: { readonly slope: number } | { readonly filter: number };
  readonly end: 'tanh' | 'clamp' | null;
  readonly endBias: boolean;
}

export interface VocoderConfig {
  readonly first: GeneratorConfig;
  /** Samples a second. */
  readonly rate: number;
  /** What makes of the first sound one of more samples a second. */
  readonly wider?: {
    readonly generator: GeneratorConfig;
    readonly rate: number;
    readonly filter: number;
    readonly hop: number;
    readonly window: number;
    readonly bins: number;
  };
}

/** Reads a vocoder's `config.json`. Error `codec-config`. */
export function vocoderConfig(json: unknown, origin: string): VocoderConfig {
  const lines = {
    code: 'codec-config',
    what: `${origin}: this is not a vocoder that can be run`,
    need: 'LTX2Vocoder or LTX2VocoderWithBWE',
    do: 'use the config.json that the vocoder was published with',
  };
  const fields = (json ?? {}) as Readonly<Record<string, unknown>>;
  const name = fields._class_name;
  if (name === 'LTX2Vocoder') {
    const of = checkedJson(z.object({ output_sampling_rate: rate.default(24_000) }), json, lines);
    return { first: generatorOf(checkedJson(one, json, lines)), rate: of.output_sampling_rate };
  }
  if (name !== 'LTX2VocoderWithBWE') {
    throw new SkipstoneError({ ...lines, have: `_class_name ${JSON.stringify(name)}` });
  }
  const c = checkedJson(two, json, lines);
  const second = Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (key.startsWith('bwe_') ? [[key.slice(4), value]] : [])),
  );
  if (c.output_sampling_rate % c.input_sampling_rate !== 0) {
    const have = `${c.input_sampling_rate} and ${c.output_sampling_rate} samples a second`;
    throw new SkipstoneError({ ...lines, have });
  }
  return {
    first: generatorOf(checkedJson(one, json, lines)),
    rate: c.input_sampling_rate,
    wider: {
      generator: generatorOf(checkedJson(one, second, lines)),
      rate: c.output_sampling_rate,
      ...{ filter: c.filter_length, hop: c.hop_length, window: c.window_length, bins: c.num_mel_channels },
    },
  };
}

function generatorOf(c: z.infer<typeof one>): GeneratorConfig {
  return {
    ...{ in: c.in_channels, hidden: c.hidden_channels, out: c.out_channels },
    ups: c.upsample_factors.map((factor, i) => ({ factor, kernel: c.upsample_kernel_sizes[i] ?? factor })),
    blocks: c.resnet_kernel_sizes.map((kernel, i) => ({ kernel, dilations: c.resnet_dilations[i] ?? [1] })),
    activation:
      c.act_fn === 'leaky_relu'
        ? { slope: c.leaky_relu_negative_slope }
        : { filter: c.antialias_kernel_size },
    ...{ end: c.final_act_fn, endBias: c.final_bias },
  };
}
