import type { HostTensor } from '../spec/tensor.js';
import type { KernelRequest, RunRequest, SessionRequest } from './protocol.js';

/** Where tensors live: host memory, or a device. One per worker; ids are the caller's. */
export interface TensorHome {
  compile(request: SessionRequest): Promise<void>;
  release(session: number): Promise<void>;
  put(id: number, host: HostTensor): void | Promise<void>;
  /** Milliseconds inside the runtime. */
  run(request: RunRequest): Promise<number>;
  /** The number a reduction gives; `null` for kernels whose result is a tensor. */
  kernel(request: KernelRequest): Promise<number | null>;
  read(id: number): Promise<HostTensor>;
  free(id: number): void;
  close(): Promise<void>;
  readonly heldBytes: number;
  readonly handles: number;
}
