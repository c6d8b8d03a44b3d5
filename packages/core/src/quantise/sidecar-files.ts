import type { Files } from '../checkpoint/files.js';

/** What a folder of sidecars needs of a machine beyond what checkpoints need. */
export interface SidecarFiles extends Files {
  /** Where sidecars lie unless told otherwise. */
  defaultFolder(): string;
  /** The absolute path of a folder, made with those above it if it is missing. */
  makeFolder(folder: string): Promise<void>;
  /** Bytes that may still be written there. */
  freeBytes(folder: string): Promise<number>;
  /** `undefined` for what is not a file, or no longer. */
  sizeOf(path: string): Promise<number | undefined>;
  remove(path: string): Promise<void>;
  /** Removes files in a folder that were begun by processes that are gone. */
  removeAbandoned(folder: string): Promise<void>;
}
