import type { PassGraph } from '../../graph/pass-graph.js';
import type { ModelSpec } from '../../spec/model.js';
import type { Sampler } from '../../spec/sampler.js';
import type { Streams } from '../../spec/tensor.js';
import type { PluginNeeds } from '../ask/needs.js';
import { castBytes, ELEMENT_BYTES } from '../cut/bounds.js';
import type { Span } from '../cut/span.js';
import type { SplitPass } from '../cut/split.js';
import { elements } from '../cut/work.js';
import { bytesOf } from './between-spans.js';
import type { BranchCaches } from './branch-caches.js';
import { attributeOf, bufferBytes } from './buffers.js';
import { type CacheModel, cacheBytes, plannedCaches } from './token-caches.js';

/** One line of the memory table. */
export interface MemoryLine {
  readonly what: string;
  readonly bytes: number;
  /** `shared`: pages of the user's file, which the system may drop and read again. */
  readonly kind: 'held' | 'shared' | 'passing';
}

/**
 * Bytes inside a session at its biggest moment, beside those it is given and those that leave it: its buffers,
 * plus the float32 copies that casts of mapped weights hold for the whole run.
 */
export function activationBytes(
  graph: PassGraph,
  split: SplitPass,
  span: Span,
  sizes: ReadonlyMap<string, number>,
): number {
  const held = span.nodes.reduce((sum, node) => sum + castBytes(graph, split, node), 0);
  const leaving = new Set(span.graph.outputs.map((port) => port.name));
  return bufferBytes(span.nodes, span.graph.outputs, held, (name) => {
    const { value } = graph.recorder.facts(name);
    return { ...value, bytes: bytesOf(value, sizes), elsewhere: leaving.has(name) };
  });
}

/**
 * Bytes of weights that sessions read: in the file, and as copies where the runtime packs them, which each
 * session has of its own. Copies of stored weights are float32; quantised ones keep their codes and scales,
 * and a sum per block beside them.
 */
export function weightBytes(spans: Iterable<Span>): { readonly file: number; readonly packed: number } {
  const stored = new Map<string, number>();
  let packed = 0;
  for (const { graph, nodes } of spans) {
    for (const { name, type, dims, data } of graph.initializers) {
      if ('bytes' in data) continue;
      stored.set(name, data.byteLength);
      const count = dims.reduce((a, b) => a * b, 1);
      packed += type === 'uint8' ? count : 4 * count;
    }
    for (const node of nodes) {
      if (node.op !== 'MatMulNBits') continue;
      const blocks = Math.ceil(attributeOf(node, 'K') / attributeOf(node, 'block_size'));
      packed += 4 * blocks * attributeOf(node, 'N');
    }
  }
  const file = [...stored.values()].reduce((a, b) => a + b, 0);
  return { file, packed };
}

/** What a plugin declares that it keeps, by its own names; what stands behind a dot is summed up. */
export function pluginLines(
  one: PluginNeeds,
  model: CacheModel,
  rows: Streams<number>,
  counts: { readonly branches: number; readonly deciding: number },
): readonly MemoryLine[] {
  const named = new Map<string, number>();
  for (const cache of plannedCaches(one, model)) {
    const [name = ''] = cache.name.split('.');
    named.set(name, (named.get(name) ?? 0) + cacheBytes(cache, rows, counts));
  }
  return [...named].map(([name, bytes]) => ({ what: `${one.plugin.name}: ${name}`, bytes, kind: 'held' }));
}

/** Keys and values of the branches that keep them; no line where none does. */
export function keyValueLines(
  branches: ReadonlyMap<string, BranchCaches>,
  form: string | undefined,
  sizes: ReadonlyMap<string, number>,
): readonly MemoryLine[] {
  const keeping = [...branches.values()].map(({ needed }) => needed).filter(({ length }) => length > 0);
  if (keeping.length === 0) return [];
  const bytes = keeping
    .flat()
    .reduce(
      (sum, { stream, width, type }) => sum + ELEMENT_BYTES[type] * elements([`N.${stream}`, width], sizes),
      0,
    );
  const count =
    keeping.length === branches.size ? `${branches.size}` : `${keeping.length} of ${branches.size}`;
  const what = `keys and values${form ? ` in ${form}` : ''}, ${count} branches`;
  return [{ what, bytes, kind: 'held' }];
}

/** Latents, guided prediction, next latents, one prediction a branch, and sampler history: all float32. */
export function latentLine(
  spec: ModelSpec,
  rows: Streams<number>,
  sampler: Sampler,
  branches: number,
): MemoryLine {
  const one = Object.entries(rows).reduce(
    (sum, [name, n]) => sum + 4 * n * (spec.streams[name]?.patch ?? 0),
    0,
  );
  return {
    what: 'latents, predictions, sampler history',
    bytes: one * (3 + branches + 2 * sampler.memory),
    kind: 'held',
  };
}
