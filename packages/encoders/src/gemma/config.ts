import { checkedJson, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

const size = z
  .int()
  .positive()
  .max(2 ** 22);

const rope = z.looseObject({
  rope_type: z.enum(['default', 'linear']).default('default'),
  rope_theta: z.number().positive(),
  factor: z.number().positive().optional(),
});

/** The text stack of Gemma 3. Defaults are those of transformers' Gemma3TextConfig, which published files leave out. */
const text = z.object({
  vocab_size: size.default(262_208),
  hidden_size: size.default(2304),
  intermediate_size: size.default(9216),
  num_hidden_layers: z.int().positive().max(256).default(26),
  num_attention_heads: size.default(8),
  num_key_value_heads: size.default(4),
  head_dim: z.int().positive().multipleOf(2).max(1024).default(256),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: size.default(4096),
  sliding_window_pattern: size.default(6),
  layer_types: z.array(z.enum(['sliding_attention', 'full_attention'])).optional(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_activation: z.literal('gelu_pytorch_tanh').optional(),
  attention_bias: z.literal(false).optional(),
  attn_logit_softcapping: z.null().optional(),
  use_bidirectional_attention: z.literal(false).nullish(),
  rope_theta: z.number().positive().default(1e6),
  rope_local_base_freq: z.number().positive().default(1e4),
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.object({ sliding_attention: rope, full_attention: rope }).optional(),
  rope: z.object({ sliding_attention: rope, full_attention: rope }).optional(),
});

export interface GemmaRope {
  readonly theta: number;
  /** Positions are divided by this. */
  readonly factor: number;
}

export interface GemmaConfig {
  readonly vocabulary: number;
  /** D, width; H and G, heads of queries and of keys; K, width of a head. */
  readonly width: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headWidth: number;
  readonly feedForward: number;
  /** What scores are multiplied by. */
  readonly scale: number;
  readonly window: number;
  /** For each layer: true where it sees all tokens before it, false where a window of them. */
  readonly full: readonly boolean[];
  readonly eps: number;
  readonly sliding: GemmaRope;
  readonly whole: GemmaRope;
}

/** Reads the `config.json` of Gemma 3, or of the model it is a part of. Error `encoder-config`. */
export function gemmaConfig(json: unknown, origin: string): GemmaConfig {
  const lines = {
    code: 'encoder-config',
    what: `${origin}: this is not the text stack of a Gemma 3 that can be run`,
    need: 'Gemma3TextModel, Gemma3ForCausalLM or Gemma3ForConditionalGeneration',
    do: 'use the config.json that the encoder was published with',
  };
  const inner = (json as { readonly text_config?: unknown } | null)?.text_config ?? json;
  const c = checkedJson(text, inner, lines);
  const { num_hidden_layers: layers, layer_types: types } = c;
  if (types && types.length !== layers) {
    throw new SkipstoneError({ ...lines, have: `${types.length} layer_types for ${layers} layers` });
  }
  const ropes = c.rope_parameters ?? c.rope;
  const scaling = ropes ? undefined : checkedJson(ropeScaling, c.rope_scaling ?? {}, lines);
  return {
    vocabulary: c.vocab_size,
    width: c.hidden_size,
    heads: c.num_attention_heads,
    keyHeads: c.num_key_value_heads,
    headWidth: c.head_dim,
    feedForward: c.intermediate_size,
    scale: c.query_pre_attn_scalar ** -0.5,
    window: c.sliding_window,
    full: Array.from({ length: layers }, (_, i) =>
      types ? types[i] === 'full_attention' : (i + 1) % c.sliding_window_pattern === 0,
    ),
    eps: c.rms_norm_eps,
    sliding: ropes ? ropeOf(ropes.sliding_attention) : { theta: c.rope_local_base_freq, factor: 1 },
    whole: ropes ? ropeOf(ropes.full_attention) : { theta: c.rope_theta, factor: scaling?.factor ?? 1 },
  };
}

const ropeScaling = z.object({
  rope_type: z.enum(['default', 'linear']).optional(),
  factor: z.number().positive().optional(),
});

const ropeOf = ({ rope_theta: theta, rope_type: type, factor = 1 }: z.infer<typeof rope>): GemmaRope => ({
  theta,
  factor: type === 'linear' ? factor : 1,
});
