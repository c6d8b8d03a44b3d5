import { euler, readScheduler, type Sampler, SkipstoneError, unipc } from '@skipstone/core';
import { type Golden, type GridFields, gridFields } from '@skipstone/golden';
import { z } from 'zod';
import { unsupported } from './golden-wan.js';

const GROUPS_OF_UNIPC = 'UniPC per group';

/** The fields that say how a Wan run on one transformer was made; spread into the schema of each kind of run. */
export const runFields = {
  ...gridFields,
  solver: z.enum(['euler', 'unipc', 'dpmsolver']),
  /** The step in words: Euler's, or UniPC with a grid for each group of tokens, which has no other options. */
  update: z.enum(['x += (sigma[i+1] - sigma[i]) v', GROUPS_OF_UNIPC]).optional(),
  /** Of `scheduler`, those that say how it steps. */
  solver_options: z.looseObject({}).optional(),
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

type Solving = Pick<z.infer<z.ZodObject<typeof runFields>>, 'update' | 'solver_options'>;
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
  if (!scheduler) return solver === 'euler' ? euler() : plainUnipc(golden, solver, options);
  const read = readScheduler(scheduler, golden.folder);
  const named = read.solver === 'dpmpp' ? 'dpmsolver' : read.solver;
  if (named !== solver || (read.shift ?? shift) !== shift) {
    throw disagree(golden, `${named}, shift ${read.shift}`, `${solver}, shift ${shift}`);
  }
  const differs = Object.keys(options ?? {}).find(
    (name) => JSON.stringify(options?.[name]) !== JSON.stringify(scheduler[name]),
  );
  if (differs !== undefined) throw disagree(golden, `${differs} of solver_options`, 'that of scheduler');
  return read.sampler();
}

/** UniPC of a case that has no scheduler: its options, if it says them, must be the usual ones. */
function plainUnipc(golden: Golden, solver: string, options: RunFields['solver_options'] = USUAL): Sampler {
  if (solver === 'unipc' && JSON.stringify(sorted(options)) === JSON.stringify(sorted(USUAL))) return unipc();
  throw disagree(golden, `${solver} with ${JSON.stringify(options)} and no scheduler`, 'a scheduler field');
}

const sorted = (options: object): object => Object.fromEntries(Object.entries(options).sort());

const USUAL = {
  solver_order: 2,
  solver_type: 'bh2',
  prediction_type: 'flow_prediction',
  predict_x0: true,
  lower_order_final: true,
  disable_corrector: [],
  final_sigmas_type: 'zero',
} as const;

function disagree({ folder }: Golden, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-field',
    what: `${folder}: fields of its case.json disagree about the solver`,
    have,
    need,
    do: 'record the case again, or restore its case.json',
  });
}
