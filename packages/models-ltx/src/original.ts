import { type Checkpoint, checkedJson } from '@skipstone/core';
import { z } from 'zod';

/**
 * What an original file's metadata says that its tensors do not, with the original's own defaults. It says much more
 * (shapes, the text encoder, connectors), which is not read.
 */
const schema = z.object({
  transformer: z.object({
    rope_type: z.enum(['split', 'interleaved']).default('split'),
    frequencies_precision: z.literal('float64').optional(),
    positional_embedding_theta: z.number().positive().default(10000),
    timestep_scale_multiplier: z.number().positive().default(1000),
    av_ca_timestep_scale_multiplier: z.number().positive().default(1),
  }),
});

/** Fields of a `config.json` that the metadata of an original file gives; none where it has none. */
export function fieldsOfMetadata(
  { metadata, tensors }: Checkpoint,
  origin: string,
): Readonly<Record<string, unknown>> {
  const prompt = { use_prompt_adaln_single: tensors.has('prompt_adaln.linear.weight') };
  if (metadata.config === undefined) return prompt;
  const { transformer } = checkedJson(schema, parsed(metadata.config), {
    code: 'ltx-metadata',
    what: `${origin}: the configuration in its metadata cannot be run`,
    need: 'JSON with a transformer whose rotary frequencies are float64',
    do: 'download the file again, or put the config.json of its diffusers version beside it',
  });
  return {
    ...prompt,
    rope_type: transformer.rope_type,
    rope_theta: transformer.positional_embedding_theta,
    timestep_scale_multiplier: transformer.timestep_scale_multiplier,
    cross_attn_timestep_scale_multiplier: transformer.av_ca_timestep_scale_multiplier,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
