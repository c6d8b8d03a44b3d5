import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkipstoneError, writeSafetensors } from '@skipstone/core';
import { writeSparse } from '@skipstone/core/testing';
import { claimedShapes, type Shapes, sizeOf as size } from './claimed-shapes.js';
import { drawer, QUANTILES } from './normals.js';
import type { Config, PublishedModel } from './published-models.js';

export interface MadeUp {
  /** Whose tensors these are: a published model, or something of its kind. */
  readonly model: Pick<PublishedModel, 'spec'>;
  readonly config: Config;
  readonly dtype: 'F32' | 'BF16';
  /** Default 1. The same seed gives the same bytes; so does a tensor of the same name and shape in another model. */
  readonly seed?: number;
  /** True: the file has its full length and holds nothing but zeros, which take no room on disk. */
  readonly sparse?: boolean;
}

/**
 * Writes a transformer of any size with made-up weights, tensor by tensor, as diffusers would: `config.json` and
 * one file beside it, holding every tensor that the adapter reads. Gives the file. A few megabytes are held at a
 * time; a disk without the room is refused before anything is written. Values are those of a network at its beginning, so that every block matters to the prediction: matrices N(0, 1/in) (0.0255 at 1,536 columns,
 * 0.0106 at 8,960), norms 1 + N(0, 0.02²), biases N(0, 0.02²), modulation tables N(0, 0.5²).
 */
export async function writeMadeUpTransformer(
  folder: string,
  { model, config, dtype, seed, sparse }: MadeUp,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const file = join(folder, 'diffusion_pytorch_model.safetensors');
  const shapes = claimedShapes(model.spec(config));
  if (sparse) await writeSparse(file, Object.entries(shapes), dtype);
  else {
    const values = Object.values(shapes).reduce((sum, shape) => sum + size(shape), 0);
    await assertRoom(folder, values * BYTES[dtype]);
    await writeSafetensors(file, randomTensors(shapes, dtype, seed ?? 1));
  }
  return file;
}

function randomTensors(shapes: Shapes, dtype: MadeUp['dtype'], seed: number) {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const pieces = () =>
      normalPieces(size(shape), { ...spread(name, shape), dtype, seed: seedOf(name, seed) });
    return [name, { dtype, shape, pieces }] as const;
  });
  return Object.fromEntries(tensors);
}

/** FNV-1a of the seed and the name. */
function seedOf(name: string, seed: number): number {
  return [...`${seed}/${name}`].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16777619), 2166136261);
}

/** Refuses what does not fit on the disk of a folder. */
async function assertRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bytes + ROOM_LEFT <= bavail * bsize) return;
  throw new SkipstoneError({
    code: 'made-up-room',
    what: `${folder}: there is too little room for weights of this size`,
    have: `${gigabytes(bavail * bsize)} free`,
    need: `${gigabytes(bytes + ROOM_LEFT)}`,
    do: 'make room there, or name another folder for temporary files with TMPDIR',
  });
}

/** The header, and what others write meanwhile. */
const ROOM_LEFT = 2 ** 28;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const BYTES = { F32: 4, BF16: 2 } as const;

function spread(name: string, shape: readonly number[]): { mean: number; deviation: number } {
  if (/scale_shift_table(_\w+)?$/.test(name)) return { mean: 0, deviation: 0.5 };
  if (/norm\w*\.weight$/.test(name)) return { mean: 1, deviation: 0.02 };
  if (name.endsWith('.bias')) return { mean: 0, deviation: 0.02 };
  return { mean: 0, deviation: Math.sqrt(1 / size(shape.slice(1))) };
}

interface Normal {
  readonly mean: number;
  readonly deviation: number;
  readonly dtype: MadeUp['dtype'];
  readonly seed: number;
}

/** Values of a stretch that is written at once. */
const STRETCH = 2 ** 21;

function* normalPieces(count: number, { mean, deviation, dtype, seed }: Normal): Generator<Uint8Array, void> {
  const encode = (normals: Float32Array<ArrayBuffer>) => {
    const values = normals.map((normal) => mean + deviation * normal);
    return dtype === 'F32' ? values : upperHalves(values);
  };
  const draw = drawer(seed);
  if (count <= QUANTILES.length) {
    yield new Uint8Array(encode(draw(QUANTILES, new Float32Array(count))).buffer);
    return;
  }
  const table = encode(QUANTILES);
  for (let at = 0; at < count; at += STRETCH) {
    const length = Math.min(STRETCH, count - at);
    const piece = dtype === 'F32' ? new Float32Array(length) : new Uint16Array(length);
    yield new Uint8Array(draw(table, piece).buffer);
  }
}

/** bfloat16 is the upper half of a float32, rounded. */
function upperHalves(values: Float32Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < halves.length; i++) halves[i] = ((words[i] ?? 0) + 0x8000) >>> 16;
  return halves;
}
