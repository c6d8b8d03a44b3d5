import { assertKnownOptions, SkipstoneError } from '@skipstone/core';

export interface CachedGuidanceOptions {
  /** Other branches run at every n-th step, 1 or more; 1 changes nothing. Default 5. */
  readonly every?: number;
  /** What is kept of them: their `difference` from the leader's prediction (default), or the `prediction` itself. */
  readonly form?: 'difference' | 'prediction';
  /** Steps at the start that run everything: a share of all steps from 0 to 1, or a count. Default 11 of 30. */
  readonly warmup?: { readonly fraction: number } | { readonly steps: number };
}

/** FasterCache's OpenSora script at 30 steps: full until step 11, then at every fifth. The form is inferred. */
export const CACHED_GUIDANCE_DEFAULTS = {
  every: 5,
  form: 'difference',
  warmup: { fraction: 11 / 30 },
  source: 'arXiv:2410.19355; Vchitect/FasterCache 02d05ef',
} as const;

/** Checks what a caller wrote, and fills in the defaults. */
export function knownOptions(options: CachedGuidanceOptions): Required<CachedGuidanceOptions> {
  assertKnownOptions('cached-guidance', options, ['every', 'form', 'warmup']);
  const { every, form, warmup } = { ...CACHED_GUIDANCE_DEFAULTS, ...options };
  if (!Number.isInteger(every) || every < 1) throw bad('every', every, 'a whole number from 1');
  if (form !== 'difference' && form !== 'prediction') throw bad('form', form, 'difference or prediction');
  const [count, most] = 'steps' in warmup ? [warmup.steps, Number.POSITIVE_INFINITY] : [warmup.fraction, 1];
  if (!(count >= 0 && count <= most)) throw bad('warmup', count, 'a fraction from 0 to 1, or steps from 0');
  return { every, form, warmup };
}

function bad(option: string, have: unknown, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'cached-guidance-option',
    what: `cached-guidance: ${option} cannot be used`,
    have: String(have),
    need,
    do: `mend { ${option} }, or leave it out for its default`,
  });
}
