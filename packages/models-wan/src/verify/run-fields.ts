import { euler, type Sampler, SkipstoneError, unipc } from '@skipstone/core';
import { type Golden, type GridFields, gridFields } from '@skipstone/golden';
import { z } from 'zod';
import { eulerScheduler, unipcOptions, unipcScheduler } from './golden-scheduler.js';
import { unsupported } from './golden-wan.js';

const GROUPS_OF_UNIPC = 'UniPC per group';

/** The fields that say how a Wan run on one transformer was made; spread into the schema of each kind of run. */
export const runFields = {
  ...gridFields,
  solver: z.enum(['euler', 'unipc']),
  /** The step in words: Euler's, or UniPC with a grid for each group of tokens, which has no other options. */
  update: z.enum(['x += (sigma[i+1] - sigma[i]) v', GROUPS_OF_UNIPC]).optional(),
  solver_options: unipcOptions.optional(),
  scheduler: z.union([eulerScheduler, unipcScheduler]).optional(),
  guidance: z.number(),
  guidance_form: z.enum([
    'v = v_uncond + guidance (v_cond - v_uncond)',
    'v = v_uncond + g (v_cond - v_uncond)',
  ]),
} as const;

export const EXPERTS = ['transformer', 'transformer_2'] as const;

/** The same of a run on two. */
export const expertFields = {
  ...runFields,
  guidance: z.strictObject({ transformer: z.number(), transformer_2: z.number() }),
  guidance_form: z.literal("v = v_uncond + guidance (v_cond - v_uncond), guidance that of the step's expert"),
  /** `transformer` while the timestep is at least 1000 times this. */
  boundary_ratio: z.number().min(0).max(1),
  experts: z.array(z.enum(EXPERTS)),
} as const;

type Solving = Pick<z.infer<z.ZodObject<typeof runFields>>, 'scheduler' | 'update' | 'solver_options'>;
export type RunFields = Solving & GridFields;

/** True for a run on two experts. */
export const hasExperts = ({ fields }: Golden): boolean => 'experts' in fields || 'boundary_ratio' in fields;

/** Methods are recorded on one transformer: says so before a strict schema says that a field is unknown. */
export function refuseExperts(golden: Golden): void {
  if (hasExperts(golden)) throw unsupported(golden, 'two experts', 'one transformer for all steps');
}

/** The sampler of a run, once its fields agree with each other. */
export function samplerOf(golden: Golden, fields: RunFields): Sampler {
  const { solver, scheduler, update, solver_options: options, shift } = fields;
  const words = solver === 'euler' || update === GROUPS_OF_UNIPC ? 'update' : 'solver_options';
  const given = [update && 'update', options && 'solver_options'].filter(Boolean).join(', ');
  if (given !== words) throw disagree(golden, given || 'neither', `${words} of the solver ${solver}`);
  const ofScheduler = scheduler && ('flow_shift' in scheduler ? scheduler.flow_shift : scheduler.shift);
  const solverOf = scheduler && ('flow_shift' in scheduler ? 'unipc' : 'euler');
  if (scheduler && (solverOf !== solver || ofScheduler !== shift)) {
    throw disagree(golden, `${scheduler._class_name}, shift ${ofScheduler}`, `${solver}, shift ${shift}`);
  }
  return solver === 'euler' ? euler() : unipc();
}

function disagree({ folder }: Golden, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-field',
    what: `${folder}: fields of its case.json disagree about the solver`,
    have,
    need,
    do: 'record the case again, or restore its case.json',
  });
}
