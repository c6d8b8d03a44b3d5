import { z } from 'zod';
import { nearestName, SkipstoneError } from '../error.js';
import type { Ledger } from '../ledger/ledger.js';
import type { SavedRun } from '../loop/saved/saved-run.js';
import { SAMPLER_NAMES } from '../sampler/samplers.js';
import type { Given } from '../spec/given.js';
import type { Plugin } from '../spec/plugin.js';
import type { HostTensor, Streams } from '../spec/tensor.js';

const scale = z.number().min(-100).max(100);

/** What can be asked of a run that JSON can say; a config file holds exactly these. */
export const jsonOptions = z.strictObject({
  /** Words the model knows; an error lists them if one is not. */
  prompt: z.string().min(1).optional(),
  /** What to steer away from; the model's own empty prompt unless given. */
  negative: z.string().optional(),
  /** Denoising steps, 1 to 1000. */
  steps: z.int().min(1).max(1000).optional(),
  /** 0 to 2^53 − 1; the same seed gives the same bytes. */
  seed: z.int().min(0).optional(),
  /** Guidance scale in the model's form, −100 to 100: one for all phases (two experts), or one each, in order. */
  guidance: z
    .union([scale, z.array(scale).min(1).max(16)], {
      error: 'a number from -100 to 100, or one for each phase',
    })
    .optional(),
  /** Flow shift of the schedule, above 0. */
  shift: z.number().positive().max(100).optional(),
  sampler: z.enum(SAMPLER_NAMES).optional(),
  /** Name of the sigma grid; the model's for this sampler unless given. */
  schedule: z.string().optional(),
  /** Pixels. */
  width: z.int().positive().max(16384).optional(),
  height: z.int().positive().max(16384).optional(),
  frames: z.int().positive().max(4096).optional(),
  device: z.enum(['cpu', 'webgpu']).optional(),
  /** Type of products; `int8` and `int4` quantise the weights into a sidecar file first. */
  precision: z.enum(['fp32', 'fp16', 'int8', 'int4']).optional(),
  weights: z.enum(['mapped', 'packed']).optional(),
  /** What keys and values are kept as, where plugins compute some tokens only. On the CPU. */
  keysValues: z.enum(['float32', 'float16', 'int8']).optional(),
  /** Threads of a session; 0 lets the runtime choose. */
  threads: z.int().min(0).max(1024).optional(),
  /** Cut so that no session runs longer than this by estimate, for prompt abort and progress. */
  maxRunSeconds: z.number().positive().optional(),
  /** Refuse runs whose biggest moment needs more. */
  memoryBytes: z.number().positive().optional(),
  /** What the machine computes, for estimates of time. */
  flopsPerSecond: z.number().positive().optional(),
  /** Tell latents after each step as `preview` events. */
  previews: z.boolean().optional(),
});

export type JsonOptions = z.infer<typeof jsonOptions>;

/** Options of `generate`. */
export interface GenerateOptions extends JsonOptions {
  readonly plugins?: readonly Plugin[];
  readonly signal?: AbortSignal;
  /** Unit noise to start from instead of seeded noise, in the layout of the codec's latents. */
  readonly noise?: Streams<HostTensor>;
  /**
   * Clean latents to start from instead of pure noise, every stream in the layout of the codec's latents: the run
   * begins with (1 − σ)·latents + σ·noise at the schedule's first noise level σ. A schedule that begins at σ = 1
   * leaves nothing of them.
   */
  readonly latents?: Streams<HostTensor>;
  /** Encoded prompts, where the model has no text encoder or they are at hand. */
  readonly embeds?: {
    readonly cond: Readonly<Record<string, HostTensor>>;
    readonly uncond?: Readonly<Record<string, HostTensor>>;
  };
  /** What the run is given beside text, such as clean frames to go on from: see `firstFrames`. */
  readonly given?: Given;
  readonly replay?: Ledger;
  /** Goes on from there; refused where anything but plugin options differs from what the run was saved under. */
  readonly resume?: SavedRun;
  readonly afterStep?: (step: number, save: () => Promise<SavedRun>) => void | Promise<void>;
}

const OTHER_KEYS = [
  'plugins',
  'signal',
  'noise',
  'latents',
  'embeds',
  'given',
  'replay',
  'resume',
  'afterStep',
];

/** Checks options of any origin; unknown ones are refused with the nearest name. */
export function checkOptions(
  options: object,
  origin: string,
  others: readonly string[] = OTHER_KEYS,
): JsonOptions {
  const known = [...Object.keys(jsonOptions.shape), ...others];
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw unknownOption(name, known, origin);
    if (!others.includes(name) && value !== undefined) json[name] = value;
  }
  const parsed = jsonOptions.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join('.') ?? '';
  throw new SkipstoneError({
    code: 'option-value',
    what: `${origin}: ${name} has a value that does not serve`,
    have: `${name} = ${typeof json[name] === 'number' ? json[name] : JSON.stringify(json[name])}`,
    need: issue?.message ?? 'another value',
    do: `see the documentation of ${name}`,
  });
}

function unknownOption(name: string, known: readonly string[], origin: string): SkipstoneError {
  return new SkipstoneError({
    code: 'unknown-option',
    what: `${origin}: there is no option ${name}`,
    have: name,
    need: known.join(', '),
    do: `did you mean ${nearestName(name, known)}?`,
  });
}
