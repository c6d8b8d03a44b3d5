import type { HostKernelName } from '../kernel/name.js';
import type { ElementType, HostTensor } from '../spec/tensor.js';

/**
 * What the caller's thread asks of the runtime's. Tensors are numbers given out by the caller, so an answer
 * is needed only for values; requests are carried out in the order they were posted.
 */
export type Request =
  | { readonly op: 'open'; readonly options: RoomOptions }
  | { readonly op: 'compile'; readonly session: SessionRequest }
  | { readonly op: 'release'; readonly session: number }
  | { readonly op: 'put'; readonly id: number; readonly host: HostTensor }
  | { readonly op: 'run'; readonly run: RunRequest }
  | { readonly op: 'kernel'; readonly kernel: KernelRequest }
  | { readonly op: 'free'; readonly ids: readonly number[] }
  | { readonly op: 'read'; readonly id: number; readonly reply: number }
  | { readonly op: 'settle'; readonly reply: number }
  | { readonly op: 'close'; readonly reply: number };

export interface RoomOptions {
  readonly device: 'cpu' | 'webgpu';
  /** Threads of a session; 0 lets the runtime choose. */
  readonly threads: number;
}

export interface SessionRequest {
  /** What it is, for errors. */
  readonly label: string;
  readonly session: number;
  readonly model: Uint8Array;
  /** The one folder below which weights are read. */
  readonly folder: string;
  readonly weights: 'mapped' | 'packed';
  /** Output ports, for devices that keep them in place. */
  readonly outputs: readonly string[];
  /** Where the runtime writes what it executes, and how long: a path to which it adds the time. */
  readonly profile?: string;
}

export interface RunRequest {
  readonly session: number;
  /** For errors and the ledger: the span, the branch. */
  readonly label: string;
  readonly step?: number;
  readonly branch?: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, OutputRequest>>;
}

export interface OutputRequest {
  readonly id: number;
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The tensor whose buffer this output overwrites: a cache bound as input and output at once. */
  readonly inPlace?: number;
}

export interface KernelRequest {
  readonly name: HostKernelName;
  readonly inputs: readonly number[];
  readonly scales: readonly number[];
  /** Where the result goes; absent for kernels that give a number, which `reply` asks for. */
  readonly out?: {
    readonly id: number;
    readonly shape: readonly number[];
    /** `uint8` for packed rows; `float32` where it is left out. */
    readonly type?: ElementType;
    readonly inPlace?: number;
  };
  readonly reply?: number;
}

export type Reply =
  | { readonly reply: number; readonly value: HostTensor | number | SettleReport | null }
  | { readonly reply: number; readonly error: FailureReport };

/** What an error was, apart enough to be told again on the other thread. */
export interface FailureReport {
  readonly label: string;
  readonly message: string;
  readonly aborted: boolean;
}

/** What ran since the last report. */
export interface SettleReport {
  readonly runs: readonly RunReport[];
  /** Bytes of tensors held now. */
  readonly heldBytes: number;
  readonly handles: number;
}

export interface RunReport {
  readonly label: string;
  readonly session: number;
  /** The pass it was of; a span that is computed once for several passes ran in the first of them. */
  readonly step?: number;
  readonly branch?: string;
  /** Milliseconds inside the runtime. */
  readonly ms: number;
}

/** Word 0 of the shared flags: 1 means stop before the next request. */
export const ABORT = 0;
