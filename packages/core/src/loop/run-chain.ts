import { SkipstoneError } from '../error.js';
import { encodeModel } from '../graph/encode.js';
import type { ChainPlan } from '../plan/chain-plan.js';
import { abortError, Room } from '../session/room.js';
import type { TensorForm } from '../spec/chain.js';
import type { HostTensor } from '../spec/tensor.js';
import { weightFolder } from './pass/weight-folder.js';
import { assertComputedFinite, assertFinite } from './step/finite.js';

export interface RunChainOptions {
  /** Threads of a session; 0 (default) lets the runtime choose. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Gets what each span makes of each run, in order; reading it back takes time. */
  readonly watch?: (span: string, made: HostTensor, run: number) => void;
}

/** A chain, what goes through it and what its spans read beside. */
export interface ChainRun {
  readonly plan: ChainPlan;
  readonly input: HostTensor;
  readonly given?: Readonly<Record<string, HostTensor>>;
}

/** What a chain makes of its input, float32, in a thread of its own. One session lives at a time. */
export async function runChain(
  plan: ChainPlan,
  input: HostTensor,
  { given, ...options }: RunChainOptions & Pick<ChainRun, 'given'> = {},
): Promise<HostTensor> {
  const [made] = await runChains([{ plan, input, ...(given && { given }) }], options);
  if (!made) throw new TypeError('one chain was run');
  return made;
}

/**
 * Several runs of one chain, span by span: all are through a span before the next is begun, so its weights come from their
 * file once. Each run has the bytes that it has alone.
 */
export async function runChains(
  runs: readonly ChainRun[],
  { threads = 0, signal, watch }: RunChainOptions = {},
): Promise<readonly HostTensor[]> {
  if (signal?.aborted) throw abortError(signal.reason);
  for (const run of runs) assertFits(run);
  const [first] = runs;
  if (!first) return [];
  const room = new Room({ device: first.plan.settings.device, threads });
  const onAbort = (): void => room.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const seen: Promise<void>[] = [];
    const look = (span: string, id: number, run: number) => {
      if (watch) seen.push(room.read(id).then((made) => watch(span, made, run)));
    };
    const outputs = runSpans(room, runs, look);
    const finite = runs.map(({ plan }, i) =>
      assertComputedFinite(room, { output: { id: outputs[i] ?? 0, shape: plan.output } }, () => ({
        what: `${plan.name} gave`,
        how: [`${plan.settings.device}, float32, weights ${plan.weights}`],
        compute: 'float32',
        graphs: plan.spans.map(({ graph }) => graph),
        signal,
      })),
    );
    await Promise.all([...finite, ...seen]);
    return await Promise.all(outputs.map((id) => room.read(id)));
  } catch (error) {
    throw signal?.aborted ? abortError(signal.reason) : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await room.close();
  }
}

function assertFits({ plan, input, given = {} }: ChainRun): void {
  if (input.type !== 'float32' || input.shape.join() !== plan.input.join())
    throw otherInput(plan, 'its input', input, { type: 'float32', shape: plan.input });
  assertFinite(`${plan.name}: its input`, input);
  for (const [name, form] of Object.entries(plan.given)) {
    const have = given[name];
    if (have?.type !== form.type || have.shape.join() !== form.shape.join())
      throw otherInput(plan, name, have, form);
    assertFinite(`${plan.name}: ${name}`, have);
  }
}

/** Posts everything at once: requests are carried out in order, so a session is gone before the next is made. */
function runSpans(
  room: Room,
  runs: readonly ChainRun[],
  look: (span: string, id: number, run: number) => void,
): readonly number[] {
  const put = (host: HostTensor): number => {
    const id = room.newId();
    room.post({ op: 'put', id, host });
    return id;
  };
  const given = runs.map(
    (run) => new Map(Object.entries(run.given ?? {}).map(([name, host]) => [name, put(host)])),
  );
  const at = runs.map(({ input }) => put(input));
  const spans = Math.max(...runs.map(({ plan }) => plan.spans.length));
  for (let k = 0; k < spans; k++) {
    runs.forEach(({ plan }, i) => {
      const span = plan.spans[k];
      if (!span) return;
      const [session, output] = [room.newId(), room.newId()];
      const { graph, output: shape } = span;
      const { folder, below } = weightFolder([{ graph }]);
      const [[from, ...beside], [to]] = [graph.inputs, graph.outputs];
      if (!from || !to) throw new TypeError('a span has an input and an output');
      const model = encodeModel(graph, below);
      const { weights } = plan;
      room.post({
        op: 'compile',
        session: { session, label: graph.name, model, folder, weights, outputs: [to.name] },
      });
      const inputs = Object.fromEntries(beside.map(({ name }) => [name, given[i]?.get(name) ?? 0]));
      const outputs = { [to.name]: { id: output, type: 'float32', shape } } as const;
      const input = at[i] ?? 0;
      room.post({
        op: 'run',
        run: { session, label: graph.name, inputs: { [from.name]: input, ...inputs }, outputs },
      });
      look(span.name, output, i);
      room.post({ op: 'release', session });
      room.post({ op: 'free', ids: [input] });
      at[i] = output;
    });
  }
  room.post({ op: 'free', ids: given.flatMap((one) => [...one.values()]) });
  return at;
}

function otherInput(
  plan: ChainPlan,
  name: string,
  have: HostTensor | undefined,
  need: TensorForm,
): SkipstoneError {
  return new SkipstoneError({
    code: 'chain-input',
    what: `${plan.name}: ${name} is not what it was planned for`,
    have: have ? `${have.type} [${have.shape.join(', ')}]` : 'none',
    need: `${need.type} [${need.shape.join(', ')}]`,
    do: 'plan it for this input',
  });
}
