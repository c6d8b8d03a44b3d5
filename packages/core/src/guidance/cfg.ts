import { SkipstoneError } from '../error.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import type { Guidance } from '../spec/guidance.js';
import { COND, only, UNCOND } from './only.js';
import { weighted } from './weighted.js';

export interface CfgOptions {
  /** g, no unit. Its meaning depends on `form`: Wan's 5 is Cosmos's 4. */
  readonly scale: number;
  /**
   * From where the scale counts. `uncond` (default): v_u + g·(v_c − v_u), Wan. `cond`: (1 + g)·v_c − g·v_u,
   * Cosmos.
   */
  readonly form?: 'uncond' | 'cond';
  /**
   * Run both branches whatever the scale. Default false: a scale that turns guidance off (form `uncond`:
   * g ≤ 1; form `cond`: g ≤ 0) runs the conditional branch alone. Wan2.2's second expert needs true where the
   * first is guided: upstream looks at the first one's scale only (models.md A.4).
   */
  readonly both?: boolean;
}

/**
 * Classifier-free guidance (arXiv:2207.12598): away from the unconditional prediction. The conditional branch
 * leads.
 *
 * Deviation: diffusers' Cosmos pipelines turn guidance off for g ≤ 1 although g counts from the conditional
 * prediction there, so that 0 < g ≤ 1 still guides; here it does.
 */
export function cfg(options: CfgOptions): Guidance {
  assertKnownOptions('cfg', options, ['scale', 'form', 'both']);
  const { scale, form = 'uncond', both = false } = options;
  if (!Number.isFinite(scale)) throw notFinite(scale);
  const ofUncond = uncondWeight(scale, form);
  if (!both && ofUncond >= 0) return only();
  return weighted({ name: 'cfg', branches: [COND, UNCOND], weights: { uncond: ofUncond } });
}

/** The weight of v_u in Σ w·v with weights that add up to 1; guidance is on where it is negative. */
function uncondWeight(scale: number, form: NonNullable<CfgOptions['form']>): number {
  switch (form) {
    case 'uncond':
      return 1 - scale;
    case 'cond':
      return -scale;
    default:
      throw unknownForm(form);
  }
}

function notFinite(scale: number): SkipstoneError {
  return new SkipstoneError({
    code: 'guidance-weight',
    what: 'cfg: the scale is not a number to guide with',
    have: String(scale),
    need: 'a finite number',
    do: 'pass { scale } (--guidance), e.g. 5 for Wan',
  });
}

function unknownForm(form: never): SkipstoneError {
  return new SkipstoneError({
    code: 'guidance-form',
    what: 'cfg: the form is not known',
    have: String(form),
    need: "'uncond' (Wan) or 'cond' (Cosmos)",
    do: 'pass one of these as { form }',
  });
}
