import { type FileHandle, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SkipstoneError, writeError } from '@skipstone/core';
import { parseTrace, type TracedRun, type TraceHeader } from '@skipstone/galaxy-cache/calibration';

/** A trace that is being written. */
export interface OpenTrace {
  /** Runs that the file has already. */
  readonly done: readonly TracedRun[];
  /** Adds a run; it is on the disk when this resolves. */
  append(run: TracedRun): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a trace to go on with, or begins it. A torn last line goes; a file of other settings, or of
 * anything else, is refused and stays as it is; with `renew` a trace of other settings begins anew.
 */
export async function openTrace(path: string, header: TraceHeader, renew = false): Promise<OpenTrace> {
  const first = `${JSON.stringify(header)}\n`;
  const content = await readIfThere(path);
  const torn = first.startsWith(content) && content !== first;
  const there = torn ? undefined : parseTrace(content, path);
  const begun = torn || (renew && there !== undefined && differing(there.header, header).length > 0);
  const parsed = begun ? undefined : there;
  if (parsed) assertSameTrace(path, parsed.header, header);
  try {
    await mkdir(dirname(path), { recursive: true });
    await truncateTo(path, content, parsed?.whole ?? 0);
    const file = await open(path, 'a');
    const write = (line: string) => appended(file, line, path);
    if (begun) await write(first);
    return {
      done: parsed?.runs ?? [],
      append: (run) => write(`${JSON.stringify(run)}\n`),
      close: () => file.close(),
    };
  } catch (cause) {
    throw writeError(path, cause);
  }
}

async function appended(file: FileHandle, line: string, path: string): Promise<void> {
  try {
    await file.appendFile(line);
    await file.datasync();
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** Cuts what is torn off. */
async function truncateTo(path: string, content: string, whole: number): Promise<void> {
  if (whole < content.length) await truncate(path, Buffer.byteLength(content.slice(0, whole)));
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new SkipstoneError({
      code: 'trace-file',
      what: `${path}: this file cannot be read`,
      have: cause instanceof Error ? cause.message : String(cause),
      need: 'a trace, or no file',
      do: 'check the path',
      cause,
    });
  }
}

/** Refuses a trace of other settings, and says which. */
export function assertSameTrace(path: string, have: TraceHeader, need: TraceHeader): void {
  const other = differing(have, need);
  if (other.length === 0) return;
  const list = (header: TraceHeader): string => {
    const of = flat(header);
    return other.map((key) => `${key} ${short(of[key] ?? 'none')}`).join(', ');
  };
  throw new SkipstoneError({
    code: 'trace-settings',
    what: `${path}: this trace is of other settings`,
    have: list(have),
    need: list(need),
    do: 'name another file, or begin it anew with --renew',
  });
}

function differing(a: TraceHeader, b: TraceHeader): readonly string[] {
  const [flatA, flatB] = [flat(a), flat(b)];
  return Object.keys({ ...flatB, ...flatA }).filter((key) => flatA[key] !== flatB[key]);
}

function flat({ settings, ...rest }: TraceHeader): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries({ ...rest, ...settings }).map(([key, value]) => [key, JSON.stringify(value)]),
  );
}

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
