import type { MethodPresets, Preset } from '../spec/preset.js';

export interface MethodPresetsOptions {
  /** The proxy that a paper chose for these weights, where one did. */
  readonly tap?: Preset | undefined;
  /** What a run of the model takes beside its folder, for the prompts of A or of B. Default: encoded prompts alone. */
  readonly inputs?: (of: 'A' | 'B') => string;
}

/**
 * What is known of the methods' options for one set of weights, and the commands that find what is not: nobody
 * published a threshold, and HSA (arXiv:2605.06892v1) names its budgets, not which tokens get how many steps.
 */
export function methodPresets({ tap, inputs = embedsAlone }: MethodPresetsOptions = {}): MethodPresets {
  const [a, b] = [`--model FOLDER ${inputs('A')}`, `--model FOLDER ${inputs('B')}`];
  const calibrated: Preset = {
    source: 'not published',
    make: `skipstone trace ${a} --out trace.jsonl; skipstone calibrate trace.jsonl ${b} --out policy.json`,
  };
  const groups: Preset = {
    source: 'not published',
    make: `skipstone generate ${a} --latents-out latents.safetensors --plugin hsa:50 --reference`,
  };
  return {
    'galaxy-cache': { tap: tap ?? calibrated, threshold: calibrated },
    hsa: { preset: groups },
  };
}

const embedsAlone = (of: 'A' | 'B'): string => `--embeds ${of}.safetensors`;
