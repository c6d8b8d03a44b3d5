/** What is known of a model: which tap foretells best what the blocks will add. */
export interface Preset {
  readonly tap: string;
  /** Spearman's coefficient of the tap's change against the residual's, after warm-up. */
  readonly rho: number;
  /** Steps of the runs it was measured on. */
  readonly steps: number;
  readonly source: string;
}

const SOURCE = 'GalaxyDiT, arXiv:2512.03451v1';

/** Taps the paper chose. It prints no thresholds, so there are none here: `skipstone calibrate` finds them. */
export const PRESETS = {
  'wan2.1-t2v-1.3b': { tap: 'cross_attn_out', rho: 0.89, steps: 50, source: SOURCE },
  'wan2.1-t2v-14b': { tap: 'attn_out', rho: 0.65, steps: 50, source: SOURCE },
  'cosmos-predict2-2b': { tap: 'mlp_out', rho: 0.82, steps: 36, source: SOURCE },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof PRESETS;
