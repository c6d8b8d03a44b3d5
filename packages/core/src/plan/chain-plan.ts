import { SkipstoneError } from '../error.js';
import { type ChainSpan, type OpenChain, recordChain } from '../graph/chain.js';
import type { Graph, Node } from '../graph/node.js';
import type { TensorForm } from '../spec/chain.js';
import { ELEMENT_BYTES } from './cut/bounds.js';
import { elements } from './cut/work.js';
import { bytes as inWords } from './explain.js';
import { bufferBytes } from './memory/buffers.js';

export interface ChainSettings {
  readonly device: 'cpu' | 'webgpu';
  /** Refuse chains whose biggest span needs more. */
  readonly memoryBytes?: number;
}

/** A chain for one input: what runs, and what it takes. Nothing is loaded. */
export interface ChainPlan {
  readonly name: string;
  readonly settings: ChainSettings;
  readonly weights: 'mapped' | 'packed';
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** What is given beside the input. */
  readonly given: Readonly<Record<string, TensorForm>>;
  readonly spans: readonly {
    readonly name: string;
    readonly graph: Graph;
    readonly output: readonly number[];
    /** Held at its biggest moment: what comes in, what it makes, float32 copies of its weights. */
    readonly bytes: number;
    readonly flops: number;
  }[];
  /** Of the span that needs most. Pages of weight files are not in it. */
  readonly peakBytes: number;
}

/** Plans a chain and refuses what does not fit. It computes in float32. */
export function planChain(
  { spec, weights }: OpenChain,
  input: readonly number[],
  settings: ChainSettings,
): ChainPlan {
  // Convolutions are not prepacked, and are as fast from pages of a file; a device copies what it is given.
  const how = settings.device === 'webgpu' ? 'packed' : 'mapped';
  const options = { compute: 'float32', weights: how, decompose: new Set<never>() } as const;
  const spans = recordChain(spec, input, weights, options).map((span) => ({
    name: span.name,
    graph: graphOf(spec.name, span),
    output: span.to.shape.map(Number),
    bytes: spanBytes(span),
    flops: span.recorder.nodes.reduce((sum, { work }) => sum + flopsOf(work), 0),
  }));
  const given = spec.given?.(input) ?? {};
  const held = Object.values(given).reduce(
    (sum, { type, shape }) => sum + ELEMENT_BYTES[type] * elements(shape, NO_AXES),
    0,
  );
  const peakBytes = held + Math.max(...spans.map(({ bytes }) => bytes));
  const output = spans.at(-1)?.output ?? input;
  const plan = { name: spec.name, settings, weights: how, input, output, given, spans, peakBytes } as const;
  const { memoryBytes = Number.POSITIVE_INFINITY } = settings;
  if (peakBytes > memoryBytes) throw tooBig(plan, memoryBytes);
  return plan;
}

function graphOf(chain: string, { name, from, given, to, recorder }: ChainSpan): Graph {
  return {
    name: `${chain} ${name}`,
    inputs: [from, ...given],
    outputs: [to],
    nodes: recorder.nodes,
    initializers: [...recorder.initializers.values()],
  };
}

/** Casts of weights are executed first and held to the end, as in any session. */
function spanBytes({ from, to, recorder }: ChainSpan): number {
  const sized = (name: string) => {
    const { value } = recorder.facts(name);
    return { shape: value.shape, bytes: ELEMENT_BYTES[value.type] * elements(value.shape, NO_AXES) };
  };
  const isCast = ({ op, inputs: [source = ''] }: Node) => op === 'Cast' && recorder.initializers.has(source);
  const casts = recorder.nodes.filter(isCast).flatMap(({ outputs }) => outputs);
  const always = [from.name, ...casts].reduce((sum, name) => sum + sized(name).bytes, 0);
  const rest = recorder.nodes.filter((node) => !isCast(node));
  return bufferBytes(rest, [to], always, sized);
}

const NO_AXES: ReadonlyMap<string, number> = new Map();

const flopsOf = (work: ChainSpan['recorder']['nodes'][number]['work']): number =>
  work.reduce((sum, { scale, dims }) => sum + scale * elements(dims, NO_AXES), 0);

function tooBig({ name, spans, peakBytes, input }: ChainPlan, memoryBytes: number): SkipstoneError {
  const biggest = spans.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return new SkipstoneError({
    code: 'plan-memory',
    what: `${name}: it does not fit`,
    have: `${inWords(memoryBytes)} of memory`,
    need: `${inWords(peakBytes)} for ${biggest.name} on [${input.join(', ')}]`,
    do: 'use fewer frames or a smaller size',
  });
}
