import { cfg, euler, type Guidance, type Sampler, SkipstoneError, unipc } from '@skipstone/core';
import { type Golden, type GridFields, gridFields } from '@skipstone/core/testing';
import { z } from 'zod';
import { eulerScheduler, unipcOptions, unipcScheduler } from './golden-scheduler.js';
import { unsupported } from './golden-wan.js';

const GROUPS_OF_UNIPC = 'UniPC per group';

/** The fields that say how a Wan run was made; spread into the schema of each kind of run. */
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

const schema = z.strictObject(runFields);
export type RunFields = z.infer<typeof schema> & GridFields;

/** Fields of runs with two experts, which come later. */
const EXPERTS = ['experts', 'boundary_ratio'];

/** Says what is missing before a strict schema says that a field is unknown. */
export function refuseVariants(golden: Golden): void {
  const found = EXPERTS.filter((field) => field in golden.fields);
  if (found.length === 0) return;
  throw unsupported(golden, `two experts: ${found.join(', ')}`, 'one transformer for all steps');
}

export interface Solving {
  readonly sampler: Sampler;
  readonly guidance: Guidance;
}

/** Sampler and guidance of a run, once its fields agree with each other. */
export function solvingOf(golden: Golden, fields: RunFields): Solving {
  const { solver, scheduler, update, solver_options: options, shift } = fields;
  const words = solver === 'euler' || update === GROUPS_OF_UNIPC ? 'update' : 'solver_options';
  const given = [update && 'update', options && 'solver_options'].filter(Boolean).join(', ');
  if (given !== words) throw disagree(golden, given || 'neither', `${words} of the solver ${solver}`);
  const ofScheduler = scheduler && ('flow_shift' in scheduler ? scheduler.flow_shift : scheduler.shift);
  const solverOf = scheduler && ('flow_shift' in scheduler ? 'unipc' : 'euler');
  if (scheduler && (solverOf !== solver || ofScheduler !== shift)) {
    throw disagree(golden, `${scheduler._class_name}, shift ${ofScheduler}`, `${solver}, shift ${shift}`);
  }
  const sampler = solver === 'euler' ? euler() : unipc();
  return { sampler, guidance: cfg({ scale: fields.guidance, form: 'uncond' }) };
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
