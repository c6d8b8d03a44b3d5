import { SkipstoneError } from '@skipstone/core';
import { z } from 'zod';
import { runSettings } from '../policy/settings.js';
import type { TraceEntry } from './trace-drift.js';

/*
 * A trace file is JSON lines: the header, then one line for each finished prompt and seed, in any order. It
 * is only ever appended to, so a killed trace loses at most the line it was writing.
 */

const text = z.string().max(10_000);
/** Above it no number of a trace is read, or written. */
const LARGEST = 1e9;
/** One number a step; null where there is none (the first step, a branch that did not run). */
const series = z.array(z.number().min(0).max(LARGEST).nullable()).max(1000);
const seriesByName = z.record(z.string().max(100), series);

const header = z.strictObject({
  format: z.literal('skipstone-trace'),
  version: z.literal(1),
  /** Version of the command that wrote it. */
  by: z.string().min(1).max(200),
  settings: runSettings,
  /** The schedule's noise levels, steps + 1 of them. */
  sigmas: z.array(z.number().min(0).max(1e6)).max(1001),
  /** Taps of block 0, in the order of the line. */
  taps: z.array(z.string().min(1).max(100)).min(1).max(100),
  prompts: z.array(text).min(1).max(10_000),
  seeds: z.array(z.int().min(0)).min(1).max(10_000),
});

const branch = z.strictObject({ change: seriesByName, norm: seriesByName });

const run = z.strictObject({
  /** A prompt of the header, by its place there. */
  prompt: z.int().min(0),
  seed: z.int().min(0),
  branches: z.record(z.string().max(100), branch),
  /** The guided prediction. */
  guided: branch,
});

export type TraceHeader = z.infer<typeof header>;
/** One prompt and seed: numbers by branch and series, one a step. */
export type TracedRun = z.infer<typeof run>;
export type TracedBranch = z.infer<typeof branch>;

export interface TraceFile {
  readonly header: TraceHeader;
  readonly runs: readonly TracedRun[];
}

export interface ParsedTrace extends TraceFile {
  /** Characters up to the end of the last whole line. What is behind was torn, and is to be written again. */
  readonly whole: number;
}

/** Largest trace that is read, in characters: 10 000 runs of 1000 steps would be larger and no use. */
const MOST_CHARACTERS = 2 ** 28;

/**
 * Reads a trace. A last line without its end is torn and left out; anything else that is not a trace is an
 * error (`trace-file`) that names the line.
 */
export function parseTrace(content: string, origin = 'trace'): ParsedTrace {
  if (content.length > MOST_CHARACTERS) throw fault(origin, `${content.length} characters`);
  const whole = content.lastIndexOf('\n') + 1;
  const [first = '', ...lines] = content.slice(0, whole).split('\n').slice(0, -1);
  const head = parseLine(header, first, `${origin}, line 1`);
  if (head.sigmas.length !== head.settings.steps + 1)
    throw fault(`${origin}, line 1`, 'sigmas of other steps');
  const seen = new Set<string>();
  const runs = lines.map((line, index) => {
    const at = `${origin}, line ${index + 2}`;
    const parsed = parseLine(run, line, at);
    checkRun(parsed, head, at);
    const key = runKey(parsed);
    if (seen.has(key)) throw fault(at, `prompt ${parsed.prompt}, seed ${parsed.seed} a second time`);
    seen.add(key);
    return parsed;
  });
  return { header: head, runs, whole };
}

/** A prompt and seed in a word. */
export const runKey = ({ prompt, seed }: Pick<TracedRun, 'prompt' | 'seed'>): string => `${prompt} ${seed}`;

/** Gathers what a traced run tells into the line of a file; numbers keep eight digits, and are refused if they are none. */
export function gatherRun(
  at: Pick<TracedRun, 'prompt' | 'seed'>,
  steps: number,
  entries: Iterable<TraceEntry>,
): TracedRun {
  const branches: Record<string, TracedBranch> = {};
  const guided: TracedBranch = { change: {}, norm: {} };
  for (const { step, branch: name, kind, series: of, value } of entries) {
    if (!(value <= LARGEST)) throw notMeasured(`the ${kind} of ${of} at step ${step}`, value);
    let into = guided;
    if (name !== undefined) {
      into = branches[name] ?? { change: {}, norm: {} };
      branches[name] = into;
    }
    const list = into[kind][of] ?? new Array<number | null>(steps).fill(null);
    list[step] = Number(value.toPrecision(8));
    into[kind][of] = list;
  }
  return { ...at, branches, guided };
}

function notMeasured(what: string, value: number): SkipstoneError {
  return new SkipstoneError({
    code: 'trace-values',
    what: `${what} cannot stand in a trace`,
    have: String(value),
    need: `a number up to ${LARGEST}`,
    do: 'trace in float32, or another prompt or seed: what overflows, or comes after zeros, measures no change',
  });
}

function checkRun({ prompt, seed, branches, guided }: TracedRun, head: TraceHeader, at: string): void {
  if (prompt >= head.prompts.length) throw fault(at, `prompt ${prompt} of ${head.prompts.length}`);
  if (!head.seeds.includes(seed)) throw fault(at, `seed ${seed}, which the header does not list`);
  if (Object.keys(branches).length === 0) throw fault(at, 'no branch');
  for (const { change, norm } of [...Object.values(branches), guided]) {
    for (const [name, values] of [...Object.entries(change), ...Object.entries(norm)]) {
      if (values.length !== head.settings.steps) throw fault(at, `${name} of ${values.length} steps`);
    }
  }
}

function parseLine<T>(schema: z.ZodType<T>, line: string, at: string): T {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw fault(at, cause instanceof Error ? cause.message : String(cause));
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(at, `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
}

function fault(at: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'trace-file',
    what: `${at}: this is not a line of a trace`,
    have,
    need: 'the lines that skipstone trace wrote: a header, then one line for each prompt and seed',
    do: 'name another file, or delete it and trace again',
  });
}
