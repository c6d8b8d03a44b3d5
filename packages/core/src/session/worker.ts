import { parentPort, workerData } from 'node:worker_threads';
import { CpuHome } from './cpu-home.js';
import type { TensorHome } from './home.js';
import {
  ABORT,
  type FailureReport,
  type Reply,
  type Request,
  type RunReport,
  type RunRequest,
} from './protocol.js';
import { WebGpuHome } from './webgpu-home.js';

/**
 * The runtime's thread. Requests arrive in batches and are carried out one after another; after the first
 * failure nothing more is computed and every question is answered with that failure.
 */
const flags = new Int32Array(workerData as SharedArrayBuffer);
const queue: Request[] = [];
let home: TensorHome | undefined;
let failure: FailureReport | undefined;
let runs: RunReport[] = [];
let busy = false;

parentPort?.on('message', (batch: readonly Request[]) => {
  queue.push(...batch);
  if (!busy) void drain();
});

async function drain(): Promise<void> {
  busy = true;
  for (let request = queue.shift(); request; request = queue.shift()) {
    try {
      if (!failure && request.op !== 'close' && Atomics.load(flags, ABORT) === 1) {
        failure = { label: '', message: 'aborted', aborted: true };
      }
      if (failure && request.op !== 'close') refuse(request, failure);
      else await handle(request);
    } catch (error) {
      failure = { label: label(request), message: String((error as Error).message ?? error), aborted: false };
      refuse(request, failure);
    }
  }
  busy = false;
}

async function handle(request: Request): Promise<void> {
  if (request.op === 'open') {
    const { device, threads } = request.options;
    home = device === 'webgpu' ? new WebGpuHome() : new CpuHome(threads);
    return;
  }
  if (!home) throw new Error('the room was not opened');
  switch (request.op) {
    case 'compile':
      return home.compile(request.session);
    case 'release':
      return home.release(request.session);
    case 'put':
      return home.put(request.id, request.host);
    case 'run':
      runs.push(reportOf(request.run, await home.run(request.run)));
      return;
    case 'kernel': {
      const value = await home.kernel(request.kernel);
      if (request.kernel.reply !== undefined) answer({ reply: request.kernel.reply, value });
      return;
    }
    case 'free':
      for (const id of request.ids) home.free(id);
      return;
    case 'read':
      return answer({ reply: request.reply, value: await home.read(request.id) });
    case 'settle':
      answer({ reply: request.reply, value: { runs, heldBytes: home.heldBytes, handles: home.handles } });
      runs = [];
      return;
    case 'close':
      await home.close();
      answer({ reply: request.reply, value: null });
      return;
    default:
      request satisfies never;
  }
}

function reportOf({ label, session, step, branch }: RunRequest, ms: number): RunReport {
  const place = { ...(step === undefined ? {} : { step }), ...(branch === undefined ? {} : { branch }) };
  return { label, session, ...place, ms };
}

function refuse(request: Request, error: FailureReport): void {
  if (request.op === 'kernel' && request.kernel.reply !== undefined) {
    answer({ reply: request.kernel.reply, error });
  } else if ('reply' in request) answer({ reply: request.reply, error });
}

const answer = (reply: Reply): void => parentPort?.postMessage(reply);

function label(request: Request): string {
  if (request.op === 'run') return request.run.label;
  if (request.op === 'compile') return request.session.label;
  return request.op === 'kernel' ? `kernel ${request.kernel.name}` : request.op;
}
