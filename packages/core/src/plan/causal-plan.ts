import { SkipstoneError } from '../error.js';
import { type CausalChunk, type OpenCausal, recordChunk } from '../graph/causal.js';
import type { Graph } from '../graph/node.js';
import type { ChainSettings } from './chain-plan.js';
import { elements } from './cut/work.js';
import { bytes as inWords } from './explain.js';
import { flopsOf, graphBytes, NO_AXES } from './memory/graph-bytes.js';

/** What a causal part computes of one chunk. */
export interface ChunkPlan {
  readonly graph: Graph;
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Names that the graph reads and writes, in the order of its inputs and outputs behind the first. */
  readonly recalled: readonly string[];
  readonly kept: readonly string[];
  /** Held at its biggest moment, what is kept from chunk to chunk aside. */
  readonly bytes: number;
  readonly flops: number;
}

/** A causal part for chunks of one size: what runs, and what it takes. Nothing is loaded. */
export interface CausalPlan {
  readonly name: string;
  readonly settings: ChainSettings;
  readonly weights: 'mapped' | 'packed';
  readonly first: ChunkPlan;
  /** Of each chunk after the first; `undefined` where there is only one. */
  readonly next: ChunkPlan | undefined;
  /** What layers keep between chunks, by name. */
  readonly memory: ReadonlyMap<string, readonly number[]>;
  readonly memoryBytes: number;
  /** Pages of weight files are not in it. */
  readonly peakBytes: number;
}

/** Plans a causal part and refuses what does not fit. It computes in float32. */
export function planCausal(
  { spec, weights }: OpenCausal,
  chunks: { readonly first: readonly number[]; readonly next?: readonly number[] },
  settings: ChainSettings,
): CausalPlan {
  const how = settings.device === 'webgpu' ? 'packed' : 'mapped';
  const options = { compute: 'float32', weights: how, decompose: new Set<never>() } as const;
  const memory = new Map<string, readonly number[]>();
  const planned = (shape: readonly number[], first: boolean): ChunkPlan => {
    const chunk = recordChunk(spec, { shape, first }, weights, options);
    for (const [name, value] of [...chunk.recalled, ...chunk.kept]) {
      const known = memory.get(name);
      const own = value.shape.map(Number);
      if (known && known.join() !== own.join()) throw otherShape(spec.name, name, known, own);
      memory.set(name, own);
    }
    return chunkPlan(spec.name, chunk, first ? 'first' : 'next');
  };
  const first = planned(chunks.first, true);
  const next = chunks.next && planned(chunks.next, false);
  const kept = [...memory.values()].reduce((sum, shape) => sum + 4 * elements(shape, NO_AXES), 0);
  const peakBytes = kept + Math.max(first.bytes, next?.bytes ?? 0);
  const { memoryBytes = Number.POSITIVE_INFINITY } = settings;
  if (peakBytes > memoryBytes) throw tooBig(spec.name, chunks.next ?? chunks.first, peakBytes, memoryBytes);
  return { name: spec.name, settings, weights: how, first, next, memory, memoryBytes: kept, peakBytes };
}

function chunkPlan(part: string, chunk: CausalChunk, which: string): ChunkPlan {
  const { from, to, recalled, kept, recorder } = chunk;
  const graph = {
    name: `${part} ${which}`,
    inputs: [from, ...recalled.values()],
    outputs: [to, ...kept.values()],
    nodes: recorder.nodes,
    initializers: [...recorder.initializers.values()],
  };
  return {
    graph,
    ...{ input: from.shape.map(Number), output: to.shape.map(Number) },
    ...{ recalled: [...recalled.keys()], kept: [...kept.keys()] },
    bytes: graphBytes(recorder, { inputs: [from], outputs: graph.outputs }),
    flops: recorder.nodes.reduce((sum, { work }) => sum + flopsOf(work), 0),
  };
}

function otherShape(
  part: string,
  name: string,
  known: readonly number[],
  own: readonly number[],
): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-shape',
    what: `${part}: what ${name} keeps changes its shape`,
    have: `[${known.join(', ')}], then [${own.join(', ')}]`,
    need: 'one shape in all chunks',
    do: 'keep a fixed number of frames',
  });
}

function tooBig(part: string, shape: readonly number[], need: number, have: number): SkipstoneError {
  return new SkipstoneError({
    code: 'plan-memory',
    what: `${part}: it does not fit`,
    have: `${inWords(have)} of memory`,
    need: `${inWords(need)} for a chunk [${shape.join(', ')}]`,
    do: 'use a smaller size',
  });
}
