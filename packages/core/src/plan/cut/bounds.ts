import type { StoredType } from '../../graph/node.js';
import type { PassGraph } from '../../graph/pass-graph.js';
import type { PlannedNode, SplitPass } from './split.js';
import { workOf } from './work.js';

/** Limits that cut a pass further than plugins ask for. */
export interface Bounds {
  /** Bytes of float32 copies that one session may hold while it runs (see `heldBytes`). */
  readonly maxHeldBytes: number;
  /** Seconds a session may run, so that abort and progress stay prompt; with a rate and sizes to tell. */
  readonly maxRunSeconds?: number;
  readonly flopsPerSecond: number;
  readonly sizes: ReadonlyMap<string, number>;
  heldBytes(graph: PassGraph, split: SplitPass, node: PlannedNode): number;
}

/**
 * Cuts at ends of blocks so that no span passes a bound. Mapped half-precision weights are cast during the
 * run, and the runtime executes every cast of a session before its products: all copies of a session are
 * alive at once, so a session must not hold too many.
 */
export function applyBounds(
  graph: PassGraph,
  split: SplitPass,
  bounds: Bounds,
  cut: (station: string, why: string) => void,
): void {
  const ends = graph.stations.filter(({ kind, name }) => kind === 'hidden' && !isInside(name));
  let from = 0;
  let last: { name: string; at: number } | undefined;
  for (const station of [...ends, { name: 'end' }]) {
    const at = split.positions.get(station.name)?.pass ?? 0;
    const why = overBound(graph, split, bounds, from, at);
    if (why && last && last.at > from) {
      cut(last.name, why);
      from = last.at;
    }
    last = { name: station.name, at };
  }
}

/** `blocks.3` is a block's end, `blocks.3.attended` lies inside it. */
const isInside = (station: string): boolean => station.split('.').length > 2;

function overBound(
  graph: PassGraph,
  split: SplitPass,
  bounds: Bounds,
  from: number,
  to: number,
): string | undefined {
  const nodes = split.pass.slice(from, to);
  const held = nodes.reduce((sum, node) => sum + bounds.heldBytes(graph, split, node), 0);
  if (held > bounds.maxHeldBytes) return 'memory of casts';
  const seconds = nodes.reduce((sum, node) => sum + workOf(node, bounds.sizes), 0) / bounds.flopsPerSecond;
  if (bounds.maxRunSeconds !== undefined && seconds > bounds.maxRunSeconds) return 'maxRunSeconds';
  return undefined;
}

/** Bytes of float32 copies of mapped half-precision weights that a node needs while its session runs. */
export function castBytes(graph: PassGraph, split: SplitPass, node: PlannedNode): number {
  let bytes = 0;
  for (const input of node.inputs) {
    const cast = split.loose.get(input);
    const source = cast?.op === 'Cast' ? graph.recorder.initializers.get(cast.inputs[0] ?? '') : undefined;
    if (source?.overridable) bytes += 4 * source.dims.reduce((a, b) => a * b, 1);
  }
  return bytes;
}

/** Bytes an element of a stored type takes. */
export const ELEMENT_BYTES = {
  float32: 4,
  int32: 4,
  int64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const satisfies Record<StoredType, number>;
