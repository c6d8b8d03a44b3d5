import { withoutKnownPrefix } from '../../checkpoint/known-prefixes.js';

/** What a tensor is to its module. */
export type Role = 'down' | 'up' | 'upBias' | 'alpha' | 'diff' | 'diffBias' | 'diffModulation';

/** What a tensor of a file of additions is, by its name. */
export type TensorRole =
  | {
      readonly role: Role;
      /** By the model's own names or another layout's, without prefix. */
      readonly module: string;
      /** True where underscores stand for the module's dots. */
      readonly flat: boolean;
      /** True of the second of two transformers. */
      readonly second: boolean;
    }
  | { readonly role: 'refused'; readonly kind: string };

/** What kohya's sd-scripts, musubi-tuner, OneTrainer and LyCORIS put before names with underscores for dots. */
const FLAT = /^(?:lora_(?:unet|transformer)|lycoris)_+(?=\w+\.)/;

/** What diffusers, DiffSynth and the original release of Wan2.2 put before the names of two transformers. */
const EXPERT =
  /^(?:base_model\.model\.)?(?:(transformer_2|pipe\.dit2|low_noise_model)|transformer|pipe\.dit|high_noise_model)\./;

/**
 * PEFT's, ComfyUI's and diffusers' names, and kohya's; PEFT may name the adapter too. Whole differences are ComfyUI's,
 * those of norms LyCORIS' as well, those of a modulation LightX2V's.
 */
const ROLES: readonly (readonly [Role, RegExp])[] = [
  ['down', /^(.+)\.lora[._](?:A|down)(?:\.[^.]+)?\.weight$/],
  ['up', /^(.+)\.lora[._](?:B|up)(?:\.[^.]+)?\.weight$/],
  ['upBias', /^(.+)\.lora[._](?:B|up)(?:\.[^.]+)?\.bias$/],
  ['alpha', /^(.+)\.alpha$/],
  ['diff', /^(.+)\.(?:diff|w_norm)$/],
  ['diffBias', /^(.+)\.(?:diff_b|b_norm)$/],
  ['diffModulation', /^(.+)\.diff_m$/],
];

/** What is known, and neither a thin product nor a difference. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\.(dora_scale|lora_magnitude_vector(\.\w+)?(\.weight)?)$/, 'magnitudes of DoRA'],
  [/\.lokr_\w+(\.weight)?$/, 'factors of LoKr'],
  [/\.hada_\w+(\.weight)?$/, 'factors of LoHa'],
  [/\.(oft|boft)_\w+(\.\w+)?(\.weight)?$/, 'factors of OFT'],
  [/\.lora_mid(\.\w+)?\.weight$/, 'middle factors of a Tucker decomposition'],
  [/\.lora_(A|down)(\.\w+)?\.bias$/, 'biases of the first thin product'],
  [/\.(set_weight|reshape_weight)$/, 'weights to be put in the place of the model’s'],
  [/^(lora_te\d?_|text_encoder(_2)?\.)/, 'additions to a text encoder'],
];

/** Tells what a tensor is, and of which module. */
export function tensorRole(stored: string): TensorRole {
  for (const [pattern, kind] of REFUSED) if (pattern.test(stored)) return { role: 'refused', kind };
  const flat = FLAT.test(stored);
  const expert = EXPERT.exec(stored);
  const own = expert ? stored.slice(expert[0].length) : stored;
  const name = flat ? stored.replace(FLAT, '') : withoutKnownPrefix(own);
  for (const [role, pattern] of ROLES) {
    const [, module] = pattern.exec(name) ?? [];
    if (module !== undefined) return { role, module, flat, second: expert?.[1] !== undefined };
  }
  return { role: 'refused', kind: 'tensors of another kind' };
}
