import { SkipstoneError } from '../../error.js';
import type { Graph } from '../../graph/node.js';
import { formOf } from '../../plan/explain.js';
import { type PlanSettings, phaseSpans } from '../../plan/plan.js';
import type { Room } from '../../session/room.js';
import type { HostTensor, Streams, Tensor } from '../../spec/tensor.js';
import { type BrokenWeight, brokenWeight } from './broken-weight.js';
import type { PhaseRun } from './phase-run.js';

/** How values were computed: what the message says where they are not finite. */
export interface Origin {
  /** Ends in a verb: `step 3 gave`. */
  readonly what: string;
  /** Phase, precision, plugins … */
  readonly how: readonly string[];
  readonly compute: PlanSettings['compute'];
  /** What was run: its weights are searched. */
  readonly graphs: readonly Graph[];
  /** Files of low-rank additions in use. */
  readonly added?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Refuses computed values that are NaN or infinite, by name. What is asked of the runtime is a mean, which is finite
 * exactly where all values are: on a device one number is read back (there it is a sum in float32, so values near
 * 3·10³⁸ / n count as infinite). Only where it fails are values read, and then the weights, to say where they came from.
 */
export async function assertComputedFinite(
  room: Room,
  tensors: Readonly<Record<string, Pick<Tensor, 'id' | 'shape'>>>,
  origin: () => Origin,
): Promise<void> {
  const filled = Object.entries(tensors).filter(([, { shape }]) => !shape.includes(0));
  const means = filled.map(([, { id }]) => room.reduce({ name: 'mean', inputs: [id], scales: [] }));
  const wrong = (await Promise.all(means)).findIndex((mean) => !Number.isFinite(mean));
  const [name, tensor] = filled[wrong] ?? [];
  if (name !== undefined && tensor) throw await notFinite(name, await room.read(tensor.id), origin());
}

/** The check of every step: after it, nothing is saved, shown or decoded of latents that are not finite. */
export const assertStepFinite = (room: Room, run: PhaseRun, step: number, latents: Streams): Promise<void> =>
  assertComputedFinite(room, latents, () => {
    const { plan, phase, signal } = run;
    const { settings, plugins } = plan.request;
    const { keysValues } = settings;
    return {
      what: `step ${step} gave`,
      how: [
        `${phase.spec.name}, phase ${phase.name}, ${formOf(plan)}`,
        ...(keysValues ? [`keys and values kept as ${keysValues}`] : []),
        ...(plugins.length > 0 ? [`plugins ${plugins.map(({ name }) => name).join(', ')}`] : []),
      ],
      compute: settings.compute,
      graphs: phaseSpans(phase).map(({ graph }) => graph),
      added: (phase.weights.added ?? []).map(({ file, strength }) => `${file} at ${strength}`),
      signal,
    };
  });

/** Refuses given values, float32, that are NaN or infinite: they would spread through the whole run. */
export function assertFinite(what: string, { data, shape }: HostTensor): void {
  if (!(data instanceof Float32Array) || data.every(Number.isFinite)) return;
  throw new SkipstoneError({
    code: 'input-values',
    what: `${what}: some of its values are not finite`,
    have: `${countOf(data)}, [${shape.join(', ')}]`,
    need: 'finite numbers',
    do: 'make it again; float16 cannot hold more than 65,504: save it as float32',
  });
}

async function notFinite(name: string, { data }: HostTensor, origin: Origin): Promise<SkipstoneError> {
  const { what, how, added = [], graphs, compute, signal } = origin;
  const broken = await brokenWeight(graphs, compute, signal);
  const found = broken ? [`${broken.value} in '${broken.name}' of ${broken.file}`] : [];
  const files = added.length > 0 ? [`low-rank additions ${added.join(', ')}`] : [];
  return new SkipstoneError({
    code: 'not-finite',
    what: `${what} values of ${name} that are not finite`,
    have: [...found, countOf(data as Float32Array), ...how, ...files].join('; '),
    need: 'finite numbers throughout: anything made of these would be black or noise',
    do: remedy(origin, broken),
  });
}

function remedy({ added = [], compute }: Origin, broken: BrokenWeight | undefined): string {
  if (broken && Number.isFinite(broken.value)) return 'compute in float32: float16 ends at 65,504';
  if (broken) return 'fetch or convert this file again; as it is, no run of it can succeed';
  const less = added.length > 0 ? ['without the low-rank additions, or with less of them'] : [];
  const wider = compute === 'float16' ? ['in float32: float16 ends at 65,504'] : [];
  const ways = [...wider, ...less, 'without plugins', 'on the cpu in float32'];
  return `the weights are finite, so it overflowed: run it ${ways.join(', or ')}`;
}

function countOf(data: Float32Array): string {
  const wrong = data.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  return `${wrong} of ${data.length} values are NaN or infinite`;
}
