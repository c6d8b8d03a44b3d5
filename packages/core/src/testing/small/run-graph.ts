import { encodeModel } from '../../graph/encode.js';
import type { Graph } from '../../graph/node.js';
import type { Room } from '../../session/room.js';
import type { HostTensor } from '../../spec/tensor.js';

export interface GraphRun {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, HostTensor>>;
  /** Shape of each output. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The folder of weight files; files below it are named without it. */
  readonly folder?: string;
  readonly weights?: 'mapped' | 'packed';
}

/** Compiles a graph in a room, runs it once and reads what it gives; nothing stays behind. */
export async function runGraph(room: Room, run: GraphRun): Promise<Record<string, Float32Array>> {
  const { graph, feeds, shapes, folder = '', weights = 'packed' } = run;
  const session = room.newId();
  const label = graph.name;
  const model = encodeModel(graph, (file) => file.slice(folder.length));
  room.post({
    op: 'compile',
    session: { session, label, model, folder, weights, outputs: graph.outputs.map((port) => port.name) },
  });
  const put = (host: HostTensor): number => {
    const id = room.newId();
    room.post({ op: 'put', id, host });
    return id;
  };
  const inputs = Object.fromEntries(Object.entries(feeds).map(([name, host]) => [name, put(host)]));
  const outputs = Object.fromEntries(
    graph.outputs.map(({ name, type }) => [name, { id: room.newId(), type, shape: shapes[name] ?? [] }]),
  );
  room.post({ op: 'run', run: { session, label, inputs, outputs } });
  const read = Object.entries(outputs).map(
    async ([name, { id }]) => [name, (await room.read(id)).data as Float32Array] as const,
  );
  const results = Object.fromEntries(await Promise.all(read));
  const ids = [...Object.values(inputs), ...Object.values(outputs).map(({ id }) => id)];
  room.post({ op: 'free', ids });
  room.post({ op: 'release', session });
  return results;
}

/** Numbers in (−1, 1) that look random and are the same everywhere. */
export function someNumbers(count: number, seed = 1): Float32Array<ArrayBuffer> {
  let state = 977 * seed + 12345;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  });
}

/** A float32 host tensor of such numbers. */
export function someTensor(shape: readonly number[], seed = 1): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { type: 'float32', shape, data: someNumbers(count, seed) };
}
