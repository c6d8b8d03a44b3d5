import { SkipstoneError } from '../error.js';
import { type ChainSpan, type OpenChain, recordChain } from '../graph/chain.js';
import type { Graph } from '../graph/node.js';
import type { FusedOperator } from '../graph/weights.js';
import type { TensorForm } from '../spec/chain.js';
import { ELEMENT_BYTES } from './cut/bounds.js';
import { elements } from './cut/work.js';
import { bytes as inWords } from './explain.js';
import { flopsOf, graphBytes, NO_AXES } from './memory/graph-bytes.js';

export interface ChainSettings {
  readonly device: 'cpu' | 'webgpu';
  /** Refuse chains whose biggest span needs more. */
  readonly memoryBytes?: number | undefined;
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

/** Plans a chain and refuses what does not fit. It computes in float32; `decompose`: operators the device gets wrong. */
export function planChain(
  { spec, weights }: OpenChain,
  input: readonly number[],
  settings: ChainSettings,
  decompose: ReadonlySet<FusedOperator> = new Set(),
): ChainPlan {
  // Convolutions are not prepacked, and are as fast from pages of a file; a device copies what it is given.
  const how = settings.device === 'webgpu' ? 'packed' : 'mapped';
  const options = { compute: 'float32', weights: how, decompose } as const;
  const spans = recordChain(spec, input, weights, options).map((span) => ({
    name: span.name,
    graph: graphOf(spec.name, span),
    output: span.to.shape.map(Number),
    bytes: graphBytes(span.recorder, { inputs: [span.from], outputs: [span.to] }),
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
