import type { HeaderTensor } from './header.js';

/** One tensor of a checkpoint: enough to point at its bytes, none of them read. */
export interface TensorEntry extends HeaderTensor {
  /** The real absolute path of the file that holds it: links are resolved, as ONNX Runtime requires. */
  readonly file: string;
}

export interface CheckpointFile {
  /** Real absolute path. */
  readonly path: string;
  readonly bytes: number;
}

/** What a model's weights are and where they lie. Immutable; made from headers only. */
export interface Checkpoint {
  /** By name, in the order of files and of offsets within a file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly files: readonly CheckpointFile[];
  /** The nearest folder that holds all files by their real paths. */
  readonly folder: string;
  /** `__metadata__` of all files; where two files disagree, the first one's value. */
  readonly metadata: Readonly<Record<string, string>>;
  /** See `fingerprint.ts`. 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** Where entries lead to a file that may not be there yet: that of `openWeights`. */
  readonly conversion?: Conversion;
}

/** A file made from a checkpoint, which its entries lead to. */
export interface Conversion {
  readonly file: string;
  readonly bytes: number;
  /** Makes it unless it is there, and says which. Before weights are first read. */
  make(tell: (text: string) => void, signal?: AbortSignal): Promise<void>;
}

/** A file's path below a folder with `/` between parts, as ONNX external data names it. */
export function pathBelow(folder: string, file: string): string {
  const rest = file.startsWith(folder) ? file.slice(folder.length) : file;
  return rest.replaceAll('\\', '/').replace(/^\/+/, '');
}
