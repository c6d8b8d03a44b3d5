import { z } from 'zod';
import { defaultFiles } from '../checkpoint/default-files.js';
import { type Files, withSource } from '../checkpoint/files.js';
import { strictJson } from '../checkpoint/strict-json.js';
import { SkipstoneError } from '../error.js';
import type { RunReport } from './protocol.js';

/** One operator as the runtime executed it. */
export interface ProfiledNode {
  /** The span it belongs to, and its session: one span has a session in each phase. */
  readonly span: string;
  readonly session: number;
  /** Which run of the session, from 0. */
  readonly run: number;
  /** What that run was of, where the reports of the runs were given. */
  readonly step?: number;
  readonly branch?: string;
  /** The name in the emitted graph, e.g. `blocks.0.attn1.to_q`. */
  readonly node: string;
  readonly op: string;
  /** Microseconds inside the operator; of an `If` without those of the operators in its branch. */
  readonly us: number;
}

export interface ReadProfileOptions {
  /** `runs` of the result the profile is of: nodes then say their step and branch. */
  readonly runs?: readonly RunReport[];
  readonly files?: Files;
}

/** Where the runtime writes the profile of a session; it adds the time and `.json`. */
export const profilePrefix = (folder: string, session: number, span: string): string =>
  `${folder}/${session}.${encodeURIComponent(span)}`;

/** Asserts that a folder can take the profile of one run: it is there, and holds no other's. */
export async function checkProfileFolder(folder: string, files?: Files): Promise<void> {
  const on = await defaultFiles(files);
  const kind = await on.kind(folder);
  const other = kind === 'folder' ? (await on.list(folder)).find((name) => FILE.test(name)) : undefined;
  if (kind === 'folder' && other === undefined) return;
  throw fault(folder, other ? `the profile ${other} of another run` : `a ${kind} path`, 'an empty folder');
}

/** Operators in the order they ended, session after session. The files are not trusted. */
export async function readProfile(
  folder: string,
  options: ReadProfileOptions = {},
): Promise<readonly ProfiledNode[]> {
  const files = await defaultFiles(options.files);
  const nodes: ProfiledNode[] = [];
  const seen = new Set<number>();
  const names = (await files.list(folder)).filter((name) => FILE.test(name));
  for (const name of names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
    const path = files.join(folder, name);
    const [, number = '', span = ''] = FILE.exec(name) ?? [];
    const session = Number(number);
    if (seen.has(session)) throw fault(path, `two profiles of session ${session}`, 'profiles of one run');
    seen.add(session);
    const runs = options.runs?.filter((run) => run.session === session);
    const events = eventsOf(await textOf(files, path), path);
    for (const node of nodesOf(events, { session, span: spanOf(span, path) })) {
      nodes.push({ ...node, ...(runs ? placeOf(runs, node.run, path) : {}) });
    }
  }
  return nodes;
}

const FILE = /^(\d{1,15})\.([^/]+)_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:_\d+)?\.json$/;
/** The runtime stops at a million events, near 1 KB each; a text of more than 2²⁹ bytes is no string. */
const MAX_BYTES = 2 ** 29 - 1;
const DEPTH = 16;
const KERNEL = '_kernel_time';

const event = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number().min(0),
  ts: z.number().min(0),
  args: z.object({ op_name: z.string().optional() }).optional(),
});
type Event = z.infer<typeof event>;

async function textOf(files: Files, path: string): Promise<string> {
  return withSource(files, path, async (source) => {
    if (source.size > MAX_BYTES) throw fault(path, `${source.size} bytes`, `at most ${MAX_BYTES}`);
    return new TextDecoder().decode(await source.read(0, source.size));
  });
}

function eventsOf(text: string, path: string): readonly Event[] {
  const json = strictJson(text, DEPTH);
  if ('fault' in json) throw fault(path, `JSON that ${json.fault}`, 'the events of one session');
  const parsed = z.array(event).safeParse(json.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(path, `${issue?.path.join('.')}: ${issue?.message}`, 'the events of one session');
}

/** Operators end before the run they belong to; those of a branch end before their `If`. */
function* nodesOf(events: readonly Event[], of: { readonly session: number; readonly span: string }) {
  let run = 0;
  const ended: { readonly ts: number; readonly dur: number }[] = [];
  for (const { cat, name, dur, ts, args } of events) {
    if (cat === 'Session' && name === 'model_run') {
      run++;
      ended.length = 0;
    } else if (cat === 'Node' && name.endsWith(KERNEL)) {
      const op = args?.op_name ?? '';
      const within = op === 'If' ? ended.filter((other) => other.ts >= ts) : [];
      const us = Math.max(0, dur - within.reduce((sum, other) => sum + other.dur, 0));
      ended.length -= within.length;
      ended.push({ ts, dur });
      yield { ...of, run, node: name.slice(0, -KERNEL.length), op, us };
    }
  }
}

function placeOf(
  runs: readonly RunReport[],
  run: number,
  path: string,
): Pick<ProfiledNode, 'step' | 'branch'> {
  const report = runs[run];
  if (!report) throw fault(path, `a run ${run}`, `${runs.length} runs, as the result reports`);
  const { step, branch } = report;
  return { ...(step === undefined ? {} : { step }), ...(branch === undefined ? {} : { branch }) };
}

function spanOf(encoded: string, path: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw fault(path, `the span ${encoded}`, 'a name that a run gave');
  }
}

function fault(path: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'profile',
    what: `${path}: it is not the profile of a run`,
    have,
    need,
    do: 'give each run an empty folder of its own, as profile, and leave its files as they are',
  });
}
