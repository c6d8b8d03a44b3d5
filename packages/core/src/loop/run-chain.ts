import { SkipstoneError } from '../error.js';
import { encodeModel } from '../graph/encode.js';
import type { ChainPlan } from '../plan/chain-plan.js';
import { abortError, Room } from '../session/room.js';
import type { HostTensor } from '../spec/tensor.js';
import { weightFolder } from './pass/weight-folder.js';
import { assertComputedFinite, assertFinite } from './step/finite.js';

export interface RunChainOptions {
  /** Threads of a session; 0 (default) lets the runtime choose. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Gets what each span makes, in order; reading it back takes time. */
  readonly watch?: (span: string, made: HostTensor) => void;
}

/** What a chain makes of its input, float32, in a thread of its own. One session lives at a time. */
export async function runChain(
  plan: ChainPlan,
  input: HostTensor,
  { threads = 0, signal, watch }: RunChainOptions = {},
): Promise<HostTensor> {
  if (signal?.aborted) throw abortError(signal.reason);
  if (input.type !== 'float32' || input.shape.join() !== plan.input.join()) throw otherInput(plan, input);
  assertFinite(`${plan.name}: its input`, input);
  const room = new Room({ device: plan.settings.device, threads });
  const onAbort = (): void => room.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const seen: Promise<void>[] = [];
    const look = (span: string, id: number) => {
      if (watch) seen.push(room.read(id).then((made) => watch(span, made)));
    };
    const output = { id: runSpans(room, plan, input, look), shape: plan.output };
    const finite = assertComputedFinite(room, { output }, () => ({
      what: `${plan.name} gave`,
      how: [`${plan.settings.device}, float32, weights ${plan.weights}`],
      compute: 'float32',
      graphs: plan.spans.map(({ graph }) => graph),
      signal,
    }));
    await Promise.all([finite, ...seen]);
    return await room.read(output.id);
  } catch (error) {
    throw signal?.aborted ? abortError(signal.reason) : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await room.close();
  }
}

/** Posts everything at once: requests are carried out in order, so a session is gone before the next is made. */
function runSpans(
  room: Room,
  plan: ChainPlan,
  host: HostTensor,
  look: (span: string, id: number) => void,
): number {
  let input = room.newId();
  room.post({ op: 'put', id: input, host });
  for (const { name, graph, output: shape } of plan.spans) {
    const [session, output] = [room.newId(), room.newId()];
    const { folder, below } = weightFolder([{ graph }]);
    const [from, to] = [graph.inputs[0]?.name ?? '', graph.outputs[0]?.name ?? ''];
    const model = encodeModel(graph, below);
    const { weights } = plan;
    room.post({
      op: 'compile',
      session: { session, label: graph.name, model, folder, weights, outputs: [to] },
    });
    const outputs = { [to]: { id: output, type: 'float32', shape } } as const;
    room.post({ op: 'run', run: { session, label: graph.name, inputs: { [from]: input }, outputs } });
    look(name, output);
    room.post({ op: 'release', session });
    room.post({ op: 'free', ids: [input] });
    input = output;
  }
  return input;
}

function otherInput({ name, input }: ChainPlan, have: HostTensor): SkipstoneError {
  return new SkipstoneError({
    code: 'chain-input',
    what: `${name}: its input is not what it was planned for`,
    have: `${have.type} [${have.shape.join(', ')}]`,
    need: `float32 [${input.join(', ')}]`,
    do: 'plan it for this input',
  });
}
