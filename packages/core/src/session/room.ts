import { Worker } from 'node:worker_threads';
import { SkipstoneError } from '../error.js';
import type { HostTensor } from '../spec/tensor.js';
import { ABORT, type Reply, type Request, type RoomOptions, type SettleReport } from './protocol.js';
import { turnTelemetryOff } from './telemetry.js';

type Answer = HostTensor | number | SettleReport | null;
type Asked = Request extends infer R ? (R extends { reply: number } ? Omit<R, 'reply'> : never) : never;

/**
 * The caller's side of the runtime's thread: the only way to it. Requests are posted in batches, once a turn
 * of the event loop, so a step is a handful of messages; the caller's loop stays free while it computes.
 */
export class Room {
  private readonly flags = new SharedArrayBuffer(4);
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { done(value: Answer): void; fail(error: unknown): void }>();
  private batch: Request[] = [];
  private nextReply = 1;
  private nextId = 1;
  private closed = false;
  /** Why the thread is gone, if it is: it answers nothing any more. */
  private dead: Error | undefined;
  readonly device: RoomOptions['device'];

  constructor(options: RoomOptions) {
    turnTelemetryOff();
    this.device = options.device;
    const url = new URL('../../dist/session/worker.js', import.meta.url);
    this.worker = new Worker(url, { workerData: this.flags, ...ownFlags(process.execArgv) });
    this.worker.on('message', (reply: Reply) => this.onReply(reply));
    this.worker.on('error', (error) => this.onDeath(error.message));
    this.worker.on('exit', (code) => this.onDeath(`exit code ${code}`));
    this.post({ op: 'open', options });
  }

  /** A number nobody else has: the handle of a tensor or of a session. */
  newId(): number {
    return this.nextId++;
  }

  post(request: Request): void {
    if (this.closed) throw closedError();
    if (this.batch.length === 0) queueMicrotask(() => this.flush());
    this.batch.push(request);
  }

  /** Waits until everything posted has happened; says what ran since the last time. */
  settle(): Promise<SettleReport> {
    return this.ask({ op: 'settle' }) as Promise<SettleReport>;
  }

  read(id: number): Promise<HostTensor> {
    return this.ask({ op: 'read', id }) as Promise<HostTensor>;
  }

  /** Posts a kernel that gives a number, and waits for it. */
  reduce(kernel: Omit<Extract<Request, { op: 'kernel' }>['kernel'], 'reply'>): Promise<number> {
    const reply = this.nextReply++;
    const value = this.wait(reply) as Promise<number>;
    this.post({ op: 'kernel', kernel: { ...kernel, reply } });
    return value;
  }

  /** Nothing posted and not begun will run; questions are answered with an abort. */
  abort(): void {
    Atomics.store(new Int32Array(this.flags), ABORT, 1);
  }

  /** Releases sessions and tensors and ends the thread, after what runs now. Never throws. */
  async close(): Promise<void> {
    if (this.closed) return;
    const released = this.ask({ op: 'close' }).catch(() => null);
    this.flush();
    this.closed = true;
    await released;
    await this.worker.terminate();
  }

  private ask(request: Asked): Promise<Answer> {
    const reply = this.nextReply++;
    const value = this.wait(reply);
    this.post({ ...request, reply } as Request);
    return value;
  }

  private wait(reply: number): Promise<Answer> {
    const { dead } = this;
    if (dead) return Promise.reject(dead);
    const answer = new Promise<Answer>((done, fail) => this.waiting.set(reply, { done, fail }));
    // A failure that nobody waits for is told to whoever asks next; it must not end the process.
    answer.catch(() => {});
    return answer;
  }

  private flush(): void {
    const batch = this.batch;
    this.batch = [];
    if (batch.length > 0) this.worker.postMessage(batch);
  }

  private onReply(reply: Reply): void {
    const waiting = this.waiting.get(reply.reply);
    this.waiting.delete(reply.reply);
    if (!waiting) return;
    if ('error' in reply) waiting.fail(runtimeError(reply.error));
    else waiting.done(reply.value);
  }

  private onDeath(message: string): void {
    this.dead ??= threadError(message);
    for (const waiting of this.waiting.values()) waiting.fail(this.dead);
    this.waiting.clear();
  }
}

/** Flags that say where the program comes from: `node --input-type=module --eval …`, `node -p …`. */
const OF_THE_PROGRAM = /^(--input-type|--eval|--print|-e|-p|-pe)(=|$)/;

/**
 * A thread takes over the flags of its process, and one that has a file of its own refuses these. It then gets none:
 * it could not be given all of the rest, and needs none of it, being built JavaScript.
 */
const ownFlags = (flags: readonly string[]): { execArgv?: string[] } =>
  flags.some((flag) => OF_THE_PROGRAM.test(flag)) ? { execArgv: [] } : {};

function runtimeError(report: { label: string; message: string; aborted: boolean }): Error {
  if (report.aborted) return abortError();
  const noAdapter = /WebGPU adapter/.test(report.message);
  return new SkipstoneError({
    code: noAdapter ? 'no-device' : 'runtime',
    what: noAdapter ? 'the runtime finds no GPU here' : `the runtime failed at ${report.label}`,
    have: noAdapter ? 'no device that its WebGPU provider can use' : report.message,
    need: noAdapter ? 'a WebGPU device' : 'a graph and inputs that the runtime accepts',
    do: noAdapter
      ? "install the GPU's Vulkan driver, or use device 'cpu'"
      : 'check the size asked for and the weights; if both are right, report this with the message',
    ...(noAdapter ? { cause: new Error(report.message) } : {}),
  });
}

/** What the system says where it cannot load the runtime's native library. */
const NOT_LOADED = /shared object|dlopen|DLL|onnxruntime_binding|onnxruntime-node/;

function threadError(message: string): SkipstoneError {
  if (NOT_LOADED.test(message)) {
    return new SkipstoneError({
      code: 'runtime-missing',
      what: 'ONNX Runtime cannot be loaded here',
      have: message.split('\n')[0] ?? message,
      need: 'onnxruntime-node for this system: Linux with glibc (not musl, as Alpine has), macOS or Windows',
      do: 'run `npm ci` or `npm install` on this very machine; on Alpine use an image of Debian',
      cause: new Error(message),
    });
  }
  return new SkipstoneError({
    code: 'runtime-thread',
    what: "the runtime's thread ended in the middle of a run",
    have: message,
    need: 'a thread that lives until the run is closed',
    do: 'check that there is memory left and that the package is built; then start a new run',
  });
}

/** What an aborted run rejects with: a DOMException-like error named AbortError, as the platform does. */
export function abortError(cause?: unknown): Error {
  const error = new Error('the run was aborted', { cause });
  error.name = 'AbortError';
  return error;
}

function closedError(): SkipstoneError {
  return new SkipstoneError({
    code: 'room-closed',
    what: 'the runtime was used after it was closed',
    have: 'a closed room',
    need: 'an open one',
    do: 'start a new run',
  });
}
