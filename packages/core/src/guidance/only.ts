import type { Branch, Guidance } from '../spec/guidance.js';
import { weighted } from './weighted.js';

/** The prompt's branch: text `cond`, the model as it is. */
export const COND: Branch = { name: 'cond', text: 'cond' };
/** The negative or empty prompt's. */
export const UNCOND: Branch = { name: 'uncond', text: 'uncond' };

/** No guidance: one branch, whose prediction is the result. */
export function only(branch: Branch = COND): Guidance {
  return weighted({ name: 'only', branches: [branch], weights: {} });
}
