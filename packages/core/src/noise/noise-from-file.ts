import type { Checkpoint, TensorEntry } from '../checkpoint/checkpoint.js';
import type { Files } from '../checkpoint/files.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readTensor } from '../checkpoint/read.js';
import { SkipstoneError } from '../error.js';
import { assertKnownOptions } from '../schedule/known-options.js';
import type { HostTensor } from '../spec/tensor.js';

export interface NoiseFileOptions {
  /** Name of the tensor; needed unless the file holds exactly one. */
  readonly name?: string;
  /** The shape the model's latents have; lengths of 1 in front may be missing or extra (a batch axis). */
  readonly shape: readonly number[];
  /** Where to read from; Node's file system unless given. */
  readonly files?: Files;
}

/** Noise made elsewhere (by PyTorch, for a comparison), from a safetensors file, as float32 of `shape`. */
export async function noiseFromFile(path: string, options: NoiseFileOptions): Promise<HostTensor> {
  assertKnownOptions('noiseFromFile', options, ['name', 'shape', 'files']);
  const access = options.files === undefined ? {} : { files: options.files };
  const checkpoint = await openCheckpoint(path, access);
  const entry =
    options.name === undefined ? soleTensor(checkpoint, path) : tensorNamed(options.name, checkpoint, path);
  if (!sameShape(entry.shape, options.shape)) throw otherShape(path, entry, options.shape);
  const tensor = await readTensor(entry, access);
  if (tensor.type !== 'float32') throw notFloats(path, entry);
  return { ...tensor, shape: options.shape };
}

function tensorNamed(name: string, { tensors }: Checkpoint, path: string): TensorEntry {
  const found = tensors.get(name);
  if (found !== undefined) return found;
  throw new SkipstoneError({
    code: 'noise-file',
    what: `${path}: there is no noise '${name}' in this file`,
    have: [...tensors.keys()].slice(0, 8).join(', ') || 'no tensors',
    need: `a tensor named ${name}`,
    do: 'save the noise of each stream under its name',
  });
}

function soleTensor(checkpoint: Checkpoint, path: string): TensorEntry {
  const [sole, ...others] = checkpoint.tensors.values();
  if (sole !== undefined && others.length === 0) return sole;
  const names = [...checkpoint.tensors.keys()];
  throw new SkipstoneError({
    code: 'noise-file',
    what: `it is not clear which tensor of ${path} is the noise`,
    have: names.length === 0 ? 'no tensors' : names.slice(0, 8).join(', '),
    need: 'one tensor, or a name',
    do: 'pass { name }',
  });
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  const [left, right] = [withoutLeadingOnes(a), withoutLeadingOnes(b)];
  return left.length === right.length && left.every((length, axis) => length === right[axis]);
}

function withoutLeadingOnes(shape: readonly number[]): readonly number[] {
  const first = shape.findIndex((length) => length !== 1);
  return first < 0 ? [] : shape.slice(first);
}

function otherShape(path: string, entry: TensorEntry, need: readonly number[]): SkipstoneError {
  return new SkipstoneError({
    code: 'noise-file',
    what: `the noise '${entry.name}' in ${path} has another shape than the latents`,
    have: `[${entry.shape.join(', ')}]`,
    need: `[${need.join(', ')}]`,
    do: 'make noise for this size and length of video',
  });
}

function notFloats(path: string, entry: TensorEntry): SkipstoneError {
  return new SkipstoneError({
    code: 'noise-file',
    what: `the noise '${entry.name}' in ${path} is not made of floats`,
    have: entry.dtype,
    need: 'F32, F16, BF16 or F64',
    do: 'save it as float32',
  });
}
