import { SkipstoneError } from '@skipstone/core';
import { z } from 'zod';
import { runSettings } from './settings.js';

const text = z.string().max(10_000);
const number = z.number().min(-1e9).max(1e9);
const share = z.number().min(0).max(1);
const texts = z.array(text).max(10_000);

/** A number with its bootstrap interval over prompts and seeds, 95 %. */
const estimate = z.strictObject({ value: number, low: number, high: number });

/** What real runs gave, on prompts that no threshold was chosen by. */
const measured = z.strictObject({
  /** Share of steps that were reused, 0 to 1. */
  reuse: estimate,
  /** Work of an uncached run over this one's, by counting operations. */
  speedup: estimate,
  /** Time of an uncached run over this one's, inside the runtime of the machine that calibrated. */
  time: estimate,
  /** Against the uncached run of the same prompt and seed, dB and 0 to 1; absent for models without pictures. */
  psnr: estimate.optional(),
  ssim: estimate.optional(),
});

const row = z.strictObject({
  /** Ideal speed-up that was asked for. */
  speedup: z.number().min(1).max(1000),
  /** Sum of relative changes below which a step reuses. */
  threshold: z.number().min(0).max(1e6),
  /** Share of steps reused by simulation on the traces. */
  predicted: estimate,
  /** Absent where no real run was made. */
  measured: measured.optional(),
});

const entry = z.strictObject({
  /** What runs were made with; another model, sampler, schedule, shift or step count is refused. */
  settings: runSettings,
  /** The schedule's noise levels, steps + 1 of them; for use at another step count. */
  sigmas: z.array(z.number().min(0).max(1e6)).min(2).max(1001),
  /** The watched tap of block 0. */
  tap: z.string().min(1).max(100),
  /** Share of the steps that always compute first. */
  warmup: share,
  /** What a reused step costs of a computed one, by counting operations. */
  cost: share,
  /** By speed-up, ascending. */
  rows: z.array(row).min(1).max(100),
  /** Taps by Spearman's coefficient against the stack's change after the warm-up, the best first; null: none. */
  ranking: z
    .array(
      z.strictObject({
        tap: z.string().min(1).max(100),
        pooled: estimate.nullable(),
        perPrompt: estimate.nullable(),
      }),
    )
    .max(100),
  /** Other warm-ups at one speed-up. */
  warmups: z.array(row.extend({ warmup: share })).max(100),
  choosing: z.strictObject({ prompts: texts, seeds: z.array(z.int().min(0)).max(10_000) }),
  reporting: z.strictObject({ prompts: texts, seeds: z.array(z.int().min(0)).max(10_000) }),
});

const policy = z.strictObject({
  format: z.literal('skipstone-policy'),
  version: z.literal(1),
  plugin: z.literal('galaxy-cache'),
  /** Version of the command that wrote it, and the command. */
  by: z.string().min(1).max(200),
  command: text,
  /** One a step count, or other setting. */
  entries: z.array(entry).min(1).max(100),
});

export type Policy = z.infer<typeof policy>;
export type PolicyEntry = z.infer<typeof entry>;
export type PolicyRow = z.infer<typeof row>;
export type Measured = z.infer<typeof measured>;

/** Reads a policy file; anything unknown, missing or out of bounds is an error (`policy-file`) that names it. */
export function parsePolicy(value: unknown, origin = 'policy'): Policy {
  const parsed = policy.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fault(origin, `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
  }
  for (const { rows, sigmas, settings } of parsed.data.entries) {
    if (sigmas.length !== settings.steps + 1) throw fault(origin, `sigmas of ${sigmas.length - 1} steps`);
    const rising = rows.every(({ speedup }, i) => i === 0 || speedup > (rows[i - 1]?.speedup ?? 0));
    if (!rising) throw fault(origin, 'rows whose speed-ups do not ascend');
  }
  return parsed.data;
}

function fault(origin: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'policy-file',
    what: `${origin}: this is not a policy of galaxy-cache`,
    have,
    need: 'the JSON that skipstone calibrate wrote',
    do: 'calibrate again: skipstone calibrate TRACE --out FILE',
  });
}
