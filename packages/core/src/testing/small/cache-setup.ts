import { roomKernels } from '../../loop/memory/room-kernels.js';
import { RowTensors } from '../../loop/memory/rows.js';
import { TensorStore } from '../../loop/memory/store.js';
import { RoomTokenCache } from '../../loop/memory/token-cache.js';
import type { PlannedCache } from '../../plan/memory/token-caches.js';
import type { Rows, Streams, Tensor } from '../../spec/tensor.js';
import { localRoom } from './local-room.js';

const N = { video: 4, audio: 2 };
export const rows = (...video: readonly number[]): Rows => ({ video: Int32Array.from(video) });
export const ALL: Rows = { video: 'all' };

/** A cache as a plan has it: one value a row, of both streams, unless it says otherwise. */
export const planned = (need: Partial<PlannedCache> = {}): PlannedCache => ({
  ...{ name: 'kept', widths: { video: 1, audio: 1 }, per: 'branch', storage: 'float32' },
  ...{ generations: 1, leftOut: 'forget', ...need },
});

/** A room in this thread, and token caches in it: 4 rows of video, 2 of audio. */
export function cacheSetup() {
  const { room, home, posted } = localRoom();
  const store = new TensorStore(room);
  const rowTensors = new RowTensors(store);
  const means = { store, rowTensors, kernels: roomKernels(store, rowTensors, N), rows: N };
  const tensor = (...values: readonly number[]): Tensor =>
    store.put({ type: 'float32', shape: [values.length, 1], data: Float32Array.from(values) });
  return {
    means,
    store,
    home,
    posted,
    cache: (need?: Partial<PlannedCache>, leader?: string) =>
      new RoomTokenCache(means, planned(need), leader),
    /** A one-wide value of the video stream. */
    video: (...values: readonly number[]): Streams => ({ video: tensor(...values) }),
    tensor,
    valuesOf: async (streams: Streams | undefined) => {
      const read = Object.entries(streams ?? {}).map(async ([stream, { id }]) => [
        stream,
        Array.from((await room.read(id)).data, Number),
      ]);
      return Object.fromEntries(await Promise.all(read)) as Record<string, number[]>;
    },
    endStep: () => {
      rowTensors.endStep();
      store.endStep();
    },
    settle: () => room.settle(),
    overwrites: () => posted.filter((r) => r.op === 'kernel' && r.kernel.out?.inPlace !== undefined).length,
  };
}

export const cond = (of: Rows, step = 0) => ({
  ...{ step, rows: of, branch: 'cond' },
  branches: ['cond', 'uncond'],
});
export const uncond = (of: Rows, step = 0) => ({ ...cond(of, step), branch: 'uncond' });
