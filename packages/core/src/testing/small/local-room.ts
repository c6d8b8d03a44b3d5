import { CpuHome } from '../../session/cpu-home.js';
import type { Request } from '../../session/protocol.js';
import type { Room } from '../../session/room.js';

/** A room without a thread: requests are carried out here, in order, and kept to be looked at. */
export interface LocalRoom {
  readonly room: Room;
  readonly home: CpuHome;
  /** Everything that was posted, oldest first. */
  readonly posted: readonly Request[];
}

export function localRoom(): LocalRoom {
  const home = new CpuHome(1);
  const posted: Request[] = [];
  let ids = 1;
  let done: Promise<unknown> = Promise.resolve();
  const after = <T>(work: () => T | Promise<T>): Promise<T> => {
    const result = done.then(work);
    done = result;
    result.catch(() => {});
    return result;
  };
  const post = (request: Request): void => {
    posted.push(request);
    void after(() => carryOut(home, request));
  };
  const room = {
    device: 'cpu',
    newId: () => ids++,
    post,
    read: (id: number) => after(() => home.read(id)),
    reduce: (kernel: Extract<Request, { op: 'kernel' }>['kernel']) => after(() => home.kernel(kernel)),
    settle: () => after(() => ({ runs: [], heldBytes: home.heldBytes, handles: home.handles })),
  };
  return { room: room as unknown as Room, home, posted };
}

async function carryOut(home: CpuHome, request: Request): Promise<unknown> {
  switch (request.op) {
    case 'put':
      return home.put(request.id, request.host);
    case 'run':
      return home.run(request.run);
    case 'kernel':
      return home.kernel(request.kernel);
    case 'compile':
      return home.compile(request.session);
    case 'release':
      return home.release(request.session);
    case 'free':
      for (const id of request.ids) home.free(id);
      return undefined;
    default:
      throw new TypeError(`a local room does not ${request.op}`);
  }
}
