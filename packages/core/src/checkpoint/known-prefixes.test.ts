import { expect, test } from 'vitest';
import { withoutKnownPrefix } from './known-prefixes.js';

test.each([
  ['model.diffusion_model.patchify_proj.weight', 'patchify_proj.weight'],
  ['diffusion_model.blocks.0.ffn.0.bias', 'blocks.0.ffn.0.bias'],
  ['pipe.dit.blocks.3.self_attn.q.weight', 'blocks.3.self_attn.q.weight'],
  ['base_model.model.transformer.proj_out.weight', 'proj_out.weight'],
  ['net.x_embedder.proj.1.weight', 'x_embedder.proj.1.weight'],
  ['transformer_blocks.0.ff.net.2.weight', 'transformer_blocks.0.ff.net.2.weight'],
  ['vae.decoder.net.weight', 'vae.decoder.net.weight'],
])('%s is known as %s', (stored, name) => {
  expect(withoutKnownPrefix(stored)).toBe(name);
});
