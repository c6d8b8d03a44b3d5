/** Names of the original Wan release (`models_t5_umt5-xxl-enc`), as those of transformers. */
const RENAMES: readonly (readonly [RegExp, string])[] = [
  [/^token_embedding\.weight$/, 'shared.weight'],
  [/^norm\.weight$/, 'encoder.final_layer_norm.weight'],
  [/^blocks\.(\d+)\.norm1\./, 'encoder.block.$1.layer.0.layer_norm.'],
  [/^blocks\.(\d+)\.norm2\./, 'encoder.block.$1.layer.1.layer_norm.'],
  [/^blocks\.(\d+)\.attn\.([qkvo])\./, 'encoder.block.$1.layer.0.SelfAttention.$2.'],
  [
    /^blocks\.(\d+)\.pos_embedding\.embedding\./,
    'encoder.block.$1.layer.0.SelfAttention.relative_attention_bias.',
  ],
  [/^blocks\.(\d+)\.ffn\.gate\.0\./, 'encoder.block.$1.layer.1.DenseReluDense.wi_0.'],
  [/^blocks\.(\d+)\.ffn\.fc1\./, 'encoder.block.$1.layer.1.DenseReluDense.wi_1.'],
  [/^blocks\.(\d+)\.ffn\.fc2\./, 'encoder.block.$1.layer.1.DenseReluDense.wo.'],
];

export function t5Name(name: string): string {
  for (const [from, to] of RENAMES) if (from.test(name)) return name.replace(from, to);
  return name;
}
