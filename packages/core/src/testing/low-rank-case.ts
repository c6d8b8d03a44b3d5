import { join } from 'node:path';
import { narrowBfloat16, narrowFloat16, widenBfloat16, widenFloat16 } from '../checkpoint/half.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readTensor } from '../checkpoint/read.js';
import { type StreamedTensor, writeSafetensors } from '../checkpoint/write.js';
import type { HostTensor } from '../spec/tensor.js';
import { someNumbers } from './small/run-graph.js';
import { storedAs } from './small/stored-as.js';

export interface LowRankCase {
  /** A checkpoint file, and the weights of it that are added to, by the names it has for them. */
  readonly checkpoint: string;
  readonly weights: readonly string[];
  /** An empty folder: `lora.safetensors` and the merged copy, `model.safetensors`, are written there. */
  readonly folder: string;
  readonly rank?: number;
  readonly strength?: number;
  /** Written as `.alpha` tensors where given. */
  readonly alpha?: number;
  readonly type?: 'float32' | 'float16' | 'bfloat16';
  /** What the file calls a factor. Default: `<module>.lora_A.weight`, `<module>.lora_B.weight`. */
  readonly key?: (module: string, side: 'down' | 'up' | 'alpha') => string;
  readonly seed?: number;
}

export interface LowRankFiles {
  readonly lora: string;
  readonly merged: string;
}

const peftKey = (module: string, side: 'down' | 'up' | 'alpha'): string =>
  side === 'alpha' ? `${module}.alpha` : `${module}.lora_${side === 'down' ? 'A' : 'B'}.weight`;

/**
 * Made-up low-rank additions to a checkpoint as a file, and the checkpoint with them merged by hand, in float64
 * and rounded once: what computes one must give what computes the other.
 */
export async function lowRankCase(one: LowRankCase): Promise<LowRankFiles> {
  const { rank = 4, strength = 1, alpha, type = 'float32', key = peftKey, seed = 1 } = one;
  const { tensors } = await openCheckpoint(one.checkpoint);
  const merged: Record<string, HostTensor> = {};
  for (const [name, entry] of tensors) merged[name] = await readTensor(entry);
  const factors: Record<string, HostTensor | StreamedTensor> = {};
  for (const [i, name] of one.weights.entries()) {
    const weight = merged[name];
    if (!weight) throw new RangeError(`no ${name} in ${one.checkpoint}`);
    const [out = 1, ...inner] = weight.shape;
    const width = inner.reduce((a, b) => a * b, 1);
    const [down, up] = [rank * width, out * rank].map((count, side) =>
      rounded(
        type,
        someNumbers(count, 1000 * seed + 2 * i + side).map((x) => x / Math.sqrt(width)),
      ),
    ) as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
    const scale = strength * ((alpha ?? rank) / rank);
    merged[name] = { ...weight, data: sum(weight.data as Float32Array, { down, up, rank, width, scale }) };
    const module = name.replace(/\.weight$/, '');
    factors[key(module, 'down')] = storedAs(type, [rank, width], down);
    factors[key(module, 'up')] = storedAs(type, [out, rank], up);
    if (alpha !== undefined) {
      factors[key(module, 'alpha')] = { type: 'float32', shape: [], data: Float32Array.of(alpha) };
    }
  }
  const files = { lora: join(one.folder, 'lora.safetensors'), merged: join(one.folder, 'model.safetensors') };
  await writeSafetensors(files.lora, factors);
  await writeSafetensors(files.merged, merged);
  return files;
}

interface Product {
  readonly down: Float32Array;
  readonly up: Float32Array;
  readonly rank: number;
  readonly width: number;
  readonly scale: number;
}

function sum(weight: Float32Array, { down, up, rank, width, scale }: Product): Float32Array<ArrayBuffer> {
  return Float32Array.from(weight, (value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    let product = 0;
    for (let r = 0; r < rank; r++) product += (up[row * rank + r] ?? 0) * (down[r * width + column] ?? 0);
    return value + scale * product;
  });
}

function rounded(type: LowRankCase['type'], values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (type === 'float16') return widenFloat16(narrowFloat16(values));
  return type === 'bfloat16' ? widenBfloat16(narrowBfloat16(values)) : values;
}
