/**
 * What tools put before a transformer's own names: PEFT, original single files (LTX-2, ComfyUI), diffusers, DiffSynth,
 * Cosmos' training, `torch.compile` and data-parallel training.
 */
const PREFIX =
  /^(?:base_model\.model\.|model\.diffusion_model\.|diffusion_model\.|transformer\.|pipe\.dit\.|net\.|_orig_mod\.|module\.)+/;

/**
 * A tensor's name without what tools put before it; a name of the model's own comes back as it is. Two names of one
 * file may come out alike: `renamed` refuses them.
 */
export const withoutKnownPrefix = (name: string): string => name.replace(PREFIX, '');
