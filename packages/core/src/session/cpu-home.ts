import * as ort from 'onnxruntime-node';
import { ELEMENT_BYTES } from '../plan/cut/bounds.js';
import type { ElementType, HostTensor } from '../spec/tensor.js';
import type { TensorHome } from './home.js';
import { hostKernel } from './host-kernel.js';
import type { KernelRequest, OutputRequest, RunRequest, SessionRequest } from './protocol.js';
import { sessionOptions } from './session-options.js';

type HostArray = HostTensor['data'];

interface Held {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: HostArray;
}

/**
 * Tensors in host memory. Outputs are written into buffers of ours, taken from a pool by exact size, so
 * that memory is what the plan says and not what a garbage collector has got round to.
 */
export class CpuHome implements TensorHome {
  private readonly sessions = new Map<number, ort.InferenceSession>();
  private readonly tensors = new Map<number, Held>();
  private readonly pool = new Map<number, ArrayBuffer[]>();
  /** Buffers made here: one that came from outside may be shared by several tensors, and is never pooled. */
  private readonly own = new WeakSet<ArrayBufferLike>();
  /** Bytes of freed buffers that wait for a result of their size. */
  pooledBytes = 0;
  heldBytes = 0;

  constructor(private readonly threads: number) {}

  get handles(): number {
    return this.tensors.size;
  }

  async compile(request: SessionRequest): Promise<void> {
    const options = sessionOptions('cpu', this.threads, request);
    this.sessions.set(request.session, await ort.InferenceSession.create(request.model, options));
  }

  async release(session: number): Promise<void> {
    await this.sessions.get(session)?.release();
    this.sessions.delete(session);
  }

  put(id: number, host: HostTensor): void {
    this.keep(id, { type: host.type, shape: host.shape, data: host.data });
  }

  async run(request: RunRequest): Promise<number> {
    const session = this.sessions.get(request.session);
    if (!session) throw new Error(`no session ${request.session}`);
    const feeds: Record<string, ort.Tensor> = {};
    const fetches: Record<string, ort.Tensor> = {};
    for (const [port, id] of Object.entries(request.inputs)) feeds[port] = this.tensor(this.held(id));
    for (const [port, output] of Object.entries(request.outputs)) {
      const shared = output.inPlace === undefined ? undefined : this.held(output.inPlace);
      const held = shared ?? this.allocate(output);
      fetches[port] = this.tensor(held);
      if (!shared) this.keep(output.id, held);
    }
    const from = performance.now();
    await session.run(feeds, fetches);
    return performance.now() - from;
  }

  async kernel(request: KernelRequest): Promise<number | null> {
    const inputs = request.inputs.map((id) => this.held(id));
    if (!request.out) return hostKernel(request, inputs, undefined);
    const { id, shape, type = 'float32', inPlace } = request.out;
    const held = inPlace === undefined ? this.allocate({ id, type, shape }) : this.held(inPlace);
    // A pooled buffer holds what was there before: rows that a kernel leaves alone would show it.
    if (inPlace === undefined && type === 'uint8') held.data.fill(0 as never);
    hostKernel(request, inputs, held.data as Float32Array | Uint8Array);
    if (inPlace === undefined) this.keep(id, held);
    return null;
  }

  async read(id: number): Promise<HostTensor> {
    const { type, shape, data } = this.held(id);
    return { type, shape, data: data.slice() as HostArray };
  }

  free(id: number): void {
    const held = this.tensors.get(id);
    if (!held) return;
    this.tensors.delete(id);
    const { buffer } = held.data;
    this.heldBytes -= held.data.byteLength;
    if (!(buffer instanceof ArrayBuffer) || !this.own.has(buffer)) return;
    if (this.pooledBytes + buffer.byteLength > MAX_POOLED_BYTES) return;
    const list = this.pool.get(buffer.byteLength) ?? [];
    this.pool.set(buffer.byteLength, [...list, buffer]);
    this.pooledBytes += buffer.byteLength;
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
    this.tensors.clear();
    this.pool.clear();
  }

  private allocate(output: OutputRequest): Held {
    const count = output.shape.reduce((a, b) => a * b, 1);
    const bytes = count * ELEMENT_BYTES[output.type];
    const list = this.pool.get(bytes);
    const pooled = list?.pop();
    if (pooled) this.pooledBytes -= bytes;
    const buffer = pooled ?? new ArrayBuffer(bytes);
    this.own.add(buffer);
    const data = view(output.type, buffer);
    return { type: output.type, shape: output.shape, data };
  }

  private keep(id: number, held: Held): void {
    this.tensors.set(id, held);
    this.heldBytes += held.data.byteLength;
  }

  private held(id: number): Held {
    const held = this.tensors.get(id);
    if (!held) throw new Error(`tensor ${id} was freed or never made`);
    return held;
  }

  private tensor({ type, shape, data }: Held): ort.Tensor {
    return new ort.Tensor(type, data as never, shape);
  }
}

/** Freed buffers kept for the next output of the same size; beyond this the system has them back. */
const MAX_POOLED_BYTES = 512 * 2 ** 20;

function view(type: ElementType, buffer: ArrayBuffer): HostArray {
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float16':
      return new Uint16Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
  }
}
