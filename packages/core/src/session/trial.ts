import { encodeModel } from '../graph/encode.js';
import { Recorder } from '../graph/recorder.js';
import type { EmitOptions, WeightSource } from '../graph/weights.js';
import type { Value } from '../spec/pass.js';
import type { HostTensor } from '../spec/tensor.js';
import type { Room } from './room.js';

/** Runs a few nodes on numbers that look random, `trialValues` seeded 1, 2, … by input; gives their result. */
export async function trialOutput(
  room: Room,
  emit: (g: Recorder) => Value,
  options: EmitOptions,
  weights: WeightSource,
): Promise<Float32Array> {
  const g = new Recorder(weights, options);
  const out = g.cast(emit(g), 'float32');
  const used = new Set(g.nodes.flatMap((node) => node.inputs));
  const inputs = [...g.values.values()].flatMap(({ value, lifetime }) =>
    lifetime && used.has(value.name) && !g.nodes.some((node) => node.outputs.includes(value.name))
      ? [value]
      : [],
  );
  const initializers = [...g.initializers.values()];
  const model = encodeModel(
    { name: 'self-test', inputs, outputs: [out], nodes: g.nodes, initializers },
    (f) => f,
  );
  const session = room.newId();
  const outputs = [out.name];
  room.post({
    op: 'compile',
    session: { session, label: 'self-test', model, folder: '', weights: options.weights, outputs },
  });
  const bound: Record<string, number> = {};
  for (const [i, port] of inputs.entries()) {
    bound[port.name] = room.newId();
    const shape = port.shape.map(Number);
    const data = trialValues(
      shape.reduce((a, b) => a * b, 1),
      i + 1,
    );
    room.post({ op: 'put', id: bound[port.name] ?? 0, host: { type: 'float32', shape, data } });
  }
  const id = room.newId();
  const shape = out.shape.map(Number);
  const request = { [out.name]: { id, type: 'float32' as const, shape } };
  room.post({ op: 'run', run: { session, label: 'self-test', inputs: bound, outputs: request } });
  const { data } = await room.read(id);
  // Tensors on a device first: one that outlives the session that made it ends the process when it is freed.
  room.post({ op: 'free', ids: [id, ...Object.values(bound)] });
  room.post({ op: 'release', session });
  return data as Float32Array & HostTensor['data'];
}

/** Numbers in (−2, 2) that look random and are the same everywhere. */
export function trialValues(count: number, seed: number): Float32Array {
  let state = 12345 + seed * 7919;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 4 - 2;
  });
}

/** max|a−b| / max|b|; infinite where a number is not one. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const distance = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? 0));
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(b[i] ?? 0));
  }
  return difference / largest;
}
