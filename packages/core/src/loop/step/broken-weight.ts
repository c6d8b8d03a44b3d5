import type { TensorEntry } from '../../checkpoint/checkpoint.js';
import { openCheckpoint } from '../../checkpoint/open.js';
import { readTensor } from '../../checkpoint/read.js';
import type { FileRange, Graph } from '../../graph/node.js';
import type { PlanSettings } from '../../plan/plan.js';

export interface BrokenWeight {
  /** As the file has it. */
  readonly name: string;
  readonly file: string;
  readonly value: number;
}

/** Values that are read at a time: 8 MiB as float32. */
const CHUNK = 2 ** 21;

/** From here on, rounding to nearest gives infinity. Source: IEEE 754-2019 §4.3.1. */
const LIMITS = { float32: Number.POSITIVE_INFINITY, float16: 65_520 } as const;

/**
 * The first weight of these graphs that holds NaN or infinity, or what becomes infinite in the type that is computed
 * in: of a checkpoint, a sidecar or a file of low-rank additions. Reads all of them, a stretch at a time.
 */
export async function brokenWeight(
  graphs: readonly Graph[],
  compute: PlanSettings['compute'],
  signal?: AbortSignal,
): Promise<BrokenWeight | undefined> {
  const ranges = graphs.flatMap(({ initializers }) =>
    initializers.flatMap(({ data }) => ('bytes' in data ? [] : [data])),
  );
  for (const file of new Set(ranges.map((range) => range.file))) {
    const read = ranges.filter((range) => range.file === file);
    const { tensors } = await openCheckpoint(file);
    for (const entry of tensors.values()) {
      if (!entry.dtype.includes('F') || !read.some((range) => overlaps(range, entry))) continue;
      const value = await firstFrom(LIMITS[compute], entry, signal);
      if (value !== undefined) return { name: entry.name, file, value };
    }
  }
  return undefined;
}

const overlaps = (a: FileRange, b: TensorEntry): boolean =>
  a.offset < b.offset + b.byteLength && b.offset < a.offset + a.byteLength;

/** The first value of a tensor that is NaN, or as large as the limit. */
async function firstFrom(
  limit: number,
  entry: TensorEntry,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const count = entry.shape.reduce((a, b) => a * b, 1);
  const bytes = entry.byteLength / count;
  for (let from = 0; from < count; from += CHUNK) {
    signal?.throwIfAborted();
    const length = Math.min(CHUNK, count - from);
    const part = { shape: [length], offset: entry.offset + from * bytes, byteLength: length * bytes };
    const data = (await readTensor({ ...entry, ...part })).data as Float32Array;
    const value = data.find((one) => !(Math.abs(one) < limit));
    if (value !== undefined) return value;
  }
  return undefined;
}
