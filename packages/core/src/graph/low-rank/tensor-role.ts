import { withoutKnownPrefix } from '../../checkpoint/known-prefixes.js';

/** What a tensor of a file of additions is, by its name. */
export type TensorRole =
  | {
      readonly role: 'down' | 'up' | 'alpha';
      readonly module: string;
      /** True where underscores stand for the module's dots. */
      readonly flat: boolean;
    }
  | { readonly role: 'refused'; readonly kind: string };

/** What kohya's sd-scripts and musubi-tuner put before names with underscores for dots. */
const FLAT = /^lora_(?:unet|transformer)_(?=\w+\.)/;

/** PEFT's, ComfyUI's and diffusers' names, and kohya's; PEFT may name the adapter too. */
const DOWN = /^(.+)\.lora_(?:A|down)(?:\.\w+)?\.weight$/;
const UP = /^(.+)\.lora_(?:B|up)(?:\.\w+)?\.weight$/;
const ALPHA = /^(.+)\.alpha$/;

/** What is known, and cannot be written as two thin products. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\.diff(_b|_m)?$/, 'differences of whole weights or biases (.diff, .diff_b)'],
  [/\.(dora_scale|lora_magnitude_vector(\.\w+)?(\.weight)?)$/, 'magnitudes of DoRA'],
  [/\.(lokr_\w+|hada_\w+|oft_\w+)(\.weight)?$/, 'factors of LoKr, LoHa or OFT'],
  [/\.lora_(A|B|down|up)(\.\w+)?\.bias$/, 'biases of the thin products'],
];

/** Tells what a tensor is, and of which module: by the model's own names, without prefix and `.weight`. */
export function tensorRole(stored: string): TensorRole {
  for (const [pattern, kind] of REFUSED) if (pattern.test(stored)) return { role: 'refused', kind };
  const flat = FLAT.test(stored);
  const name = flat ? stored.replace(FLAT, '') : withoutKnownPrefix(stored);
  for (const [role, pattern] of [
    ['down', DOWN],
    ['up', UP],
    ['alpha', ALPHA],
  ] as const) {
    const [, module] = pattern.exec(name) ?? [];
    if (module !== undefined) return { role, module, flat };
  }
  return { role: 'refused', kind: 'tensors of another kind' };
}
