import { SkipstoneError } from '../error.js';
import { encodeModel } from '../graph/encode.js';
import type { CausalPlan, ChunkPlan } from '../plan/causal-plan.js';
import { abortError, Room } from '../session/room.js';
import type { HostTensor } from '../spec/tensor.js';
import { weightFolder } from './pass/weight-folder.js';
import type { RunChainOptions } from './run-chain.js';
import { assertComputedFinite, assertFinite } from './step/finite.js';

export type RunCausalOptions = Omit<RunChainOptions, 'watch'>;

/**
 * What a causal part makes of its chunks, float32, one after the other, in a thread of its own. The next chunk is computed when
 * it is asked for; leaving the loop early ends the thread.
 */
export async function* runCausal(
  plan: CausalPlan,
  chunks: Iterable<HostTensor> | AsyncIterable<HostTensor>,
  { threads = 0, signal }: RunCausalOptions = {},
): AsyncGenerator<HostTensor, void, undefined> {
  if (signal?.aborted) throw abortError(signal.reason);
  const room = new Room({ device: plan.settings.device, threads });
  const onAbort = (): void => room.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const memory = zeros(room, plan);
    const sessions = new Map<ChunkPlan, number>();
    let index = 0;
    for await (const chunk of chunks) {
      const part = index === 0 ? plan.first : plan.next;
      if (!part || chunk.type !== 'float32' || chunk.shape.join() !== part.input.join()) {
        throw otherChunk(plan, index, chunk, part);
      }
      assertFinite(`${plan.name}: chunk ${index}`, chunk);
      if (index === 1) release(room, sessions, plan.first);
      const session = sessions.get(part) ?? compile(room, plan, part, sessions);
      const output = runChunk(room, part, { session, chunk, memory });
      await assertComputedFinite(room, { output: { id: output, shape: part.output } }, () => ({
        what: `${plan.name} gave`,
        how: [`${plan.settings.device}, float32, weights ${plan.weights}`],
        compute: 'float32',
        graphs: [part.graph],
        signal,
      }));
      const made = await room.read(output);
      room.post({ op: 'free', ids: [output] });
      yield made;
      index++;
    }
  } catch (error) {
    throw signal?.aborted ? abortError(signal.reason) : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await room.close();
  }
}

/** Where what layers keep lies: zeros at first. */
function zeros(room: Room, { memory }: CausalPlan): Map<string, number> {
  const put = (shape: readonly number[]): number => {
    const id = room.newId();
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    room.post({ op: 'put', id, host: { type: 'float32', shape, data } });
    return id;
  };
  return new Map([...memory].map(([name, shape]) => [name, put(shape)]));
}

function compile(room: Room, plan: CausalPlan, part: ChunkPlan, sessions: Map<ChunkPlan, number>): number {
  const session = room.newId();
  const { graph } = part;
  const { folder, below } = weightFolder([{ graph }]);
  const outputs = graph.outputs.map(({ name }) => name);
  const { weights } = plan;
  const model = encodeModel(graph, below);
  room.post({ op: 'compile', session: { session, label: graph.name, model, folder, weights, outputs } });
  sessions.set(part, session);
  return session;
}

function release(room: Room, sessions: Map<ChunkPlan, number>, part: ChunkPlan): void {
  const session = sessions.get(part);
  if (session !== undefined) room.post({ op: 'release', session });
  sessions.delete(part);
}

interface ChunkRun {
  readonly session: number;
  readonly chunk: HostTensor;
  /** Changed: what is kept takes the place of what was recalled. */
  readonly memory: Map<string, number>;
}

function runChunk(room: Room, part: ChunkPlan, { session, chunk, memory }: ChunkRun): number {
  const [[from, ...recalled], [to, ...kept]] = [part.graph.inputs, part.graph.outputs];
  if (!from || !to) throw new TypeError('a chunk has an input and an output');
  const [input, output] = [room.newId(), room.newId()];
  room.post({ op: 'put', id: input, host: chunk });
  const inputs: Record<string, number> = { [from.name]: input };
  for (const [i, { name }] of recalled.entries()) inputs[name] = memory.get(part.recalled[i] ?? '') ?? 0;
  const made = kept.map((value) => ({ value, id: room.newId() }));
  const outputs = Object.fromEntries(
    [{ value: to, id: output }, ...made].map(({ value, id }) => [
      value.name,
      { id, type: 'float32' as const, shape: value.shape.map(Number) },
    ]),
  );
  room.post({ op: 'run', run: { session, label: part.graph.name, inputs, outputs } });
  const old = made.flatMap(({ id }, i) => {
    const name = part.kept[i] ?? '';
    const before = memory.get(name);
    memory.set(name, id);
    return before === undefined ? [] : [before];
  });
  room.post({ op: 'free', ids: [input, ...old] });
  return output;
}

function otherChunk(
  { name }: CausalPlan,
  index: number,
  have: HostTensor,
  need: ChunkPlan | undefined,
): SkipstoneError {
  return new SkipstoneError({
    code: 'chain-input',
    what: `${name}: chunk ${index} is not what it was planned for`,
    have: `${have.type} [${have.shape.join(', ')}]`,
    need: need ? `float32 [${need.input.join(', ')}]` : 'one chunk only',
    do: 'plan it for these chunks',
  });
}
