import { encodeModel } from '../graph/encode.js';
import type { Graph } from '../graph/node.js';
import { weightFolder } from '../loop/pass/weight-folder.js';
import { lengthOf } from '../plan/cut/work.js';
import { Room } from '../session/room.js';
import type { HostTensor } from '../spec/tensor.js';

/** A graph compiled as one session, run with what it is given and nothing around it. */
export interface BareGraph {
  /** Milliseconds inside the runtime. Inputs are handles of this room, by port; outputs are thrown away. */
  time(inputs: Readonly<Record<string, number>>): Promise<number>;
}

export interface BareGraphOptions {
  readonly weights: 'mapped' | 'packed';
  /** Lengths of the named axes of output ports. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * The runtime without the loop: sessions under the same options and in a thread like the loop's, so that the
 * loop can be held against them. One run at a time.
 */
export class BareRoom {
  private readonly room: Room;

  constructor(device: 'cpu' | 'webgpu' = 'cpu', threads = 0) {
    this.room = new Room({ device, threads });
  }

  /** A tensor that stays until the room closes. */
  put(host: HostTensor): number {
    const id = this.room.newId();
    this.room.post({ op: 'put', id, host });
    return id;
  }

  compile(graph: Graph, { weights, sizes }: BareGraphOptions): BareGraph {
    const { room } = this;
    const session = room.newId();
    const { folder, below } = weightFolder([{ graph }]);
    const outputs = graph.outputs.map((port) => port.name);
    const model = encodeModel(graph, below);
    room.post({ op: 'compile', session: { session, label: graph.name, model, folder, weights, outputs } });
    const shapes = graph.outputs.map(({ name, type, shape }) => {
      const lengths = shape.map((dim) => lengthOf(dim, sizes) ?? 1);
      return { name, type, shape: lengths };
    });
    return {
      time: async (inputs) => {
        const made = shapes.map((port) => [port.name, { ...port, id: room.newId() }] as const);
        const request = { session, label: graph.name, inputs, outputs: Object.fromEntries(made) };
        room.post({ op: 'run', run: request });
        room.post({ op: 'free', ids: made.map(([, { id }]) => id) });
        const { runs } = await room.settle();
        return runs.reduce((sum, run) => sum + run.ms, 0);
      },
    };
  }

  close(): Promise<void> {
    return this.room.close();
  }
}
