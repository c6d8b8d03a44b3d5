import { nearestName, SkipstoneError, type TokenStorage } from '@skipstone/core';
import { z } from 'zod';
import type { DriftOptions } from './drift-policy.js';
import type { SpeedTarget } from './speed-controller.js';

/** Options of `galaxyCache`. `threshold` may be left out where `target` finds one. */
export interface GalaxyCacheOptions extends Omit<DriftOptions, 'threshold'> {
  /**
   * The watched value of the first block: `cross_attn_out`, or a whole station, `blocks.1.attn_out`. The one
   * a paper chose for these weights, where one did, is in the model's `presets`.
   */
  readonly tap: string;
  /** The sum of relative changes below which a step reuses, 0 or more. 0 never reuses. No unit. */
  readonly threshold?: number;
  /** What takes the place of what is not computed. Default `residual` (paper). */
  readonly predictor?: 'residual' | 'extrapolated';
  /**
   * What is kept: what the blocks added, `[N, D]` (`hidden`, paper), or the prediction, `[N, P]`: megabytes
   * instead of gigabytes, and the head does not run either. Default `hidden`.
   */
  readonly space?: 'hidden' | 'output';
  /** What rows are kept as: of the value that is reused, and of the watched one. Default `float32`, exact. */
  readonly storage?: { readonly residual?: TokenStorage; readonly proxy?: TokenStorage };
  /** The stream whose change is watched. Default: the model's first. */
  readonly stream?: string;
  /** Moves the threshold during the run to meet a speed-up; `threshold` is then where it starts. */
  readonly target?: SpeedTarget;
}

/** Options, checked and complete. */
export interface Settled extends Required<Pick<GalaxyCacheOptions, 'predictor' | 'space'>> {
  readonly station: string;
  readonly drift: DriftOptions;
  readonly storage: { readonly residual: TokenStorage; readonly proxy: TokenStorage };
  readonly stream: string | undefined;
  readonly target: (SpeedTarget & { readonly threshold: number | undefined }) | undefined;
}

const storage = z.enum(['float32', 'bfloat16', 'int8']);
const schema = z.strictObject({
  tap: z.string().min(1),
  threshold: z.number().min(0).optional(),
  warmup: z
    .union([
      z.strictObject({ fraction: z.number().min(0).max(1) }),
      z.strictObject({ steps: z.int().min(0) }),
      z.strictObject({ sigma: z.number().min(0) }),
    ])
    .optional(),
  reset: z.enum(['zero', 'subtract']).optional(),
  lastSteps: z.int().min(0).optional(),
  maxConsecutive: z.int().min(1).optional(),
  predictor: z.enum(['residual', 'extrapolated']).optional(),
  space: z.enum(['hidden', 'output']).optional(),
  storage: z.strictObject({ residual: storage.optional(), proxy: storage.optional() }).optional(),
  stream: z.string().optional(),
  target: z.strictObject({ speedup: z.number().gt(1) }).optional(),
});

/** Checks options of any origin; what is unknown is refused with the nearest name. */
export function settle(options: GalaxyCacheOptions): Settled {
  const known = Object.keys(schema.shape);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownOption(unknown, known);
  if (options.tap === undefined) throw noTap();
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw wrongValue(options, parsed.error);
  const { tap, threshold, target, predictor, space, stream, storage: kept, ...rule } = options;
  if (threshold === undefined && !target) throw noThreshold(tap);
  if (threshold === 0 && target) throw stuckThreshold(target.speedup);
  return {
    station: tap.startsWith('blocks.') ? tap : `blocks.0.${tap}`,
    drift: { ...rule, threshold: threshold ?? 0 },
    predictor: predictor ?? 'residual',
    space: space ?? 'hidden',
    storage: { residual: kept?.residual ?? 'float32', proxy: kept?.proxy ?? 'float32' },
    stream,
    target: target && { ...target, threshold },
  };
}

export function unknownOption(name: string, known: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'unknown-option',
    what: `galaxy-cache: there is no option ${name}`,
    have: name,
    need: known.join(', '),
    do: `did you mean ${nearestName(name, known)}?`,
  });
}

function wrongValue(options: object, { issues: [issue] }: z.ZodError): SkipstoneError {
  const name = String(issue?.path[0] ?? '');
  const value: unknown = Object.entries(options).find(([key]) => key === name)?.[1];
  return new SkipstoneError({
    code: 'option-value',
    what: `galaxy-cache: ${issue?.path.join('.')} has a value that does not serve`,
    have: `${name} = ${typeof value === 'number' ? value : JSON.stringify(value)}`,
    need: issue?.message ?? 'another value',
    do: `see the documentation of ${name}`,
  });
}

function noTap(): SkipstoneError {
  return new SkipstoneError({
    code: 'option-value',
    what: 'galaxy-cache: which value it shall watch is not clear',
    have: 'no tap',
    need: 'tap: a value of the first block',
    do: "pass { tap: 'cross_attn_out' }, or find the best one with `skipstone calibrate`",
  });
}

function noThreshold(tap: string): SkipstoneError {
  return new SkipstoneError({
    code: 'galaxy-cache-threshold',
    what: 'galaxy-cache: no threshold is known',
    have: `tap ${tap}, no threshold`,
    need: 'the sum of relative changes below which a step reuses, for this model and number of steps',
    do: 'pass { threshold }, or run `skipstone calibrate`; or pass { target: { speedup } }',
  });
}

function stuckThreshold(speedup: number): SkipstoneError {
  return new SkipstoneError({
    code: 'option-value',
    what: 'galaxy-cache: a threshold of 0 never reuses, so it meets no target',
    have: `threshold 0, target ${speedup}x`,
    need: 'a threshold above 0 to start from, or none',
    do: 'leave the threshold out',
  });
}
