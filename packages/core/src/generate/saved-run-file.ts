import { z } from 'zod';
import type { Checkpoint, TensorEntry } from '../checkpoint/checkpoint.js';
import type { Dtype } from '../checkpoint/dtype.js';
import type { Files } from '../checkpoint/files.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readBytes } from '../checkpoint/read.js';
import { strictJson } from '../checkpoint/strict-json.js';
import { writeSafetensors } from '../checkpoint/write.js';
import { SkipstoneError } from '../error.js';
import { parseLedger } from '../ledger/ledger.js';
import type { SavedRun } from '../loop/saved/saved-run.js';
import type { ElementType, HostTensor, Json, Streams } from '../spec/tensor.js';

/**
 * What makes a run this run and no other: JSON values by name, such as the prompt, the seed, the steps and
 * the fingerprint of the weights. It stands in the file of a saved run, and is compared before resuming.
 */
export type RunIdentity = Readonly<Record<string, Json>>;

export interface SavedRunFile {
  readonly saved: SavedRun;
  readonly identity: RunIdentity;
  /** Latents of a stage that came before this one, where a run has several. */
  readonly before?: Streams<HostTensor>;
}

export interface SavedRunFileOptions {
  /** Where to read or write; Node's file system unless given. */
  readonly files?: Files;
}

/**
 * Writes a run as it stands: one safetensors file, its tensors as they are, the rest as JSON in the metadata.
 * The file appears under its name only when it is complete, so a killed run leaves the one of the step before.
 */
export async function writeSavedRun(
  path: string,
  { saved, identity, before = {} }: SavedRunFile,
  options: SavedRunFileOptions = {},
): Promise<void> {
  const { marks, step, ledger, cells } = saved;
  const text = JSON.stringify({ version: 3, marks, step, identity, ledger, cells }, finite);
  const tensors: Record<string, HostTensor> = {};
  for (const [stream, tensor] of Object.entries(saved.latents)) tensors[LATENTS + stream] = tensor;
  for (const [place, tensor] of Object.entries(saved.tensors)) tensors[MEMORY + place] = tensor;
  for (const [stream, tensor] of Object.entries(before)) tensors[BEFORE + stream] = tensor;
  await writeSafetensors(path, tensors, { ...options, metadata: { [KEY]: text } });
}

/** Reads the file of a saved run. Anything in it that `writeSavedRun` would not write is an error. */
export async function readSavedRun(path: string, options: SavedRunFileOptions = {}): Promise<SavedRunFile> {
  const checkpoint = await openCheckpoint(path, options);
  const { identity, marks, step, cells, ledger } = readHeader(checkpoint, path);
  const [latents, tensors, before] = [0, 1, 2].map(() => new Map<string, HostTensor>()) as [Held, Held, Held];
  const groups = { [LATENTS]: latents, [MEMORY]: tensors, [BEFORE]: before };
  for (const entry of checkpoint.tensors.values()) {
    const [prefix, group] = Object.entries(groups).find(([name]) => entry.name.startsWith(name)) ?? [];
    if (!prefix || !group) throw fault(path, `a tensor ${entry.name}`, `${LATENTS}… or ${MEMORY}…`);
    group.set(entry.name.slice(prefix.length), await readExact(entry, path, options));
  }
  checkLatents(path, latents);
  checkCoverage(path, tensors);
  const saved = { marks, step, cells, ledger, latents: recordOf(latents), tensors: recordOf(tensors) };
  return { saved, identity, ...(before.size > 0 ? { before: recordOf(before) } : {}) };
}

/** Refuses to resume a run as another one; says what differs. `now` is what is being asked for. */
export function assertSameRun(path: string, saved: RunIdentity, now: RunIdentity): void {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(now)])];
  const other = names.filter((name) => stable(saved[name]) !== stable(now[name]));
  if (other.length === 0) return;
  const told = (of: RunIdentity): string => other.map((name) => `${name} ${short(of[name])}`).join(', ');
  throw new SkipstoneError({
    code: 'resume-other-run',
    what: `${path} is of another run than the one asked for`,
    have: told(now),
    need: `${told(saved)}, as the run was saved`,
    do: 'resume with what the run was started with, or start anew',
  });
}

const KEY = 'skipstone.saved-run';
const LATENTS = 'latents.';
const MEMORY = 'memory.';
const BEFORE = 'before.';

type Held = Map<string, HostTensor>;

/** As `loop/saved/saved-run.ts` names places: a cache has a number a row beside it, a slot has not. */
const BESIDE = /^(.*)\|(covered|steps)$/;
const SLOT = /^\d+\|slot\|/;
const ROWS = /^rows\|/;
/** Deep enough for any decision; a text of `[[[[…` is refused before it is parsed. */
const DEPTH = 64;

const header = z.strictObject({
  version: z.literal(3, { error: 'a save of another version' }),
  marks: z.record(z.string(), z.string()),
  step: z.int().min(1),
  identity: z.record(z.string(), z.json()),
  cells: z.array(z.array(z.json())),
  ledger: z.unknown(),
});

function readHeader({ metadata }: Checkpoint, path: string) {
  const text = metadata[KEY];
  if (text === undefined) throw fault(path, `no metadata ${KEY}`, 'the file that a run was saved to');
  const json = strictJson(text, DEPTH);
  if ('fault' in json) throw fault(path, `JSON that ${json.fault}`, 'JSON that a run wrote');
  const parsed = header.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fault(path, `${issue?.path.join('.') || 'the metadata'}: ${issue?.message}`, 'what a run wrote');
  }
  const ledger = parseLedger(parsed.data.ledger, path);
  const { step } = parsed.data;
  if (step > ledger.steps) throw fault(path, `step ${step}`, `at most ${ledger.steps}, the steps of its run`);
  return { ...parsed.data, ledger };
}

const ELEMENT = {
  F32: { type: 'float32', over: Float32Array },
  F16: { type: 'float16', over: Uint16Array },
  I64: { type: 'int64', over: BigInt64Array },
  I32: { type: 'int32', over: Int32Array },
  I8: { type: 'int8', over: Int8Array },
  U8: { type: 'uint8', over: Uint8Array },
  BOOL: { type: 'bool', over: Uint8Array },
} as const satisfies Partial<Record<Dtype, { type: ElementType; over: unknown }>>;

/** The tensor bit for bit; `readTensor` would widen half precision. */
async function readExact(
  entry: TensorEntry,
  path: string,
  options: SavedRunFileOptions,
): Promise<HostTensor> {
  const { name, dtype, shape } = entry;
  if (!(dtype in ELEMENT)) throw fault(path, `${name} of ${dtype}`, Object.keys(ELEMENT).join(', '));
  const { type, over: Data } = ELEMENT[dtype as keyof typeof ELEMENT];
  const { buffer } = await readBytes(entry, options);
  return { type, shape, data: new Data(buffer) };
}

function checkLatents(path: string, latents: ReadonlyMap<string, HostTensor>): void {
  if (latents.size === 0) throw fault(path, 'no latents', `${LATENTS}… of each stream`);
  for (const [stream, { type, shape }] of latents) {
    if (type === 'float32' && shape.length === 2) continue;
    throw fault(path, `latents of ${stream}: ${type} [${shape.join(', ')}]`, 'float32 [tokens, values]');
  }
}

/** Keys and values say which of their rows are written, a byte a row; other caches say when, an int32 a row. */
function checkCoverage(path: string, tensors: ReadonlyMap<string, HostTensor>): void {
  for (const [place, tensor] of tensors) {
    const [, of] = BESIDE.exec(place) ?? [];
    if (of !== undefined) {
      if (!tensors.has(of)) throw fault(path, `${place} without its cache`, 'both');
    } else if (!SLOT.test(place)) {
      const [suffix, type] = ROWS.test(place) ? ['covered', 'uint8'] : ['steps', 'int32'];
      const beside = tensors.get(`${place}|${suffix}`);
      if (beside?.type === type && beside.shape.join() === String(tensor.shape[0])) continue;
      const have = beside ? `${beside.type} [${beside.shape.join(', ')}]` : 'none';
      throw fault(path, `${place}|${suffix}: ${have}`, `${type} [${tensor.shape[0] ?? 'rows'}]`);
    }
  }
}

const recordOf = (tensors: ReadonlyMap<string, HostTensor>): Streams<HostTensor> =>
  Object.fromEntries(tensors);

/** JSON with the keys of objects in order, so that equal values are equal texts. */
function stable(value: Json | undefined): string {
  return JSON.stringify(value ?? null, (_, inner: Json) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function short(value: Json | undefined): string {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** JSON has no Infinity and no NaN, and would write null for them without a word. */
function finite(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new SkipstoneError({
    code: 'saved-run-number',
    what: 'this run cannot be saved: a plugin keeps a number that JSON does not have',
    have: `${value} at ${key}`,
    need: 'finite numbers in cells and decisions',
    do: 'keep null where there is no number yet',
  });
}

function fault(path: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'saved-run-file',
    what: `${path}: this is not the file of a saved run`,
    have,
    need,
    do: 'save one with `skipstone generate --save FILE`, or writeSavedRun',
  });
}
