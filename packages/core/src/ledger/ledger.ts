import { z } from 'zod';
import { SkipstoneError } from '../error.js';
import type { Json } from '../spec/tensor.js';

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);

const decision = z.strictObject({
  step: z.int().min(0),
  /** Absent for decisions that are taken once for all branches. */
  branch: z.string().optional(),
  plugin: z.string(),
  key: z.string(),
  value: json,
  signal: z.number().optional(),
  threshold: z.number().optional(),
  reason: z.string().optional(),
  /** The branch whose answer this one took over. */
  follows: z.string().optional(),
});

const pass = z.strictObject({
  step: z.int().min(0),
  branch: z.string(),
  /** Spans that ran, in order. */
  spans: z.array(z.string()),
  /** Rows of each stream that were computed. */
  rows: z.record(z.string(), z.int().min(0)),
  /** Gates that were closed. */
  closed: z.array(z.string()),
});

const schema = z.strictObject({
  version: z.literal(1),
  model: z.string(),
  steps: z.int().positive(),
  decisions: z.array(decision),
  passes: z.array(pass),
});

/** One choice of a plugin at a step (and branch), with why. */
export type Decision = z.infer<typeof decision>;
/** What one branch's pass computed at a step. */
export type PassRecord = z.infer<typeof pass>;
/** Everything that was decided and computed in a run. JSON in and out; edit it and replay it. */
export type Ledger = z.infer<typeof schema>;

/** Reads a ledger that was written by `JSON.stringify`; anything unknown in it is an error. */
export function parseLedger(value: unknown, origin = 'ledger'): Ledger {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SkipstoneError({
    code: 'ledger-schema',
    what: `${origin}: this is not a ledger of a run`,
    have: `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
    need: 'the ledger that a run wrote, with edited values only',
    do: 'write one with generate(…).ledger, or `skipstone generate --ledger FILE`',
  });
}
