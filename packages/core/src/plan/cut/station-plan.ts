import type { PassGraph, Station } from '../../graph/pass-graph.js';
import type { Streams } from '../../spec/tensor.js';
import type { Value } from '../../spec/value.js';
import type { PassNeeds } from '../ask/needs.js';
import type { SplitPass } from './split.js';

/** Where a station is found in a pass that was cut. */
export interface StationPlan {
  readonly name: string;
  readonly kind: Station['kind'];
  /** Place on the line of stations, and number of nodes before it. */
  readonly order: number;
  readonly position: number;
  /** Spans of the pass that have run when its values exist. */
  readonly after: number;
  /** True where a pass can stop and go on: a cut, or an end. */
  readonly boundary: boolean;
  /**
   * True where somebody asked to see its values: they stay until the pass ends and, once seen, until the step
   * does. The ends of a jump are, and the embedding, which hooks of the trunk start from.
   */
  readonly watched: boolean;
  /** True where its values leave a session. */
  readonly visible: boolean;
  readonly values: Streams<Value>;
}

/** How a pass was cut. */
export interface Cuts {
  readonly needs: PassNeeds;
  readonly reasons: ReadonlyMap<string, unknown>;
  readonly marks: readonly number[];
  /** Values that leave a session. */
  readonly seen: ReadonlySet<string>;
}

export function stationPlans(graph: PassGraph, split: SplitPass, cuts: Cuts): readonly StationPlan[] {
  const cutAt = new Set(graph.stations.filter((s) => cuts.reasons.has(s.name)).map((s) => s.position));
  const { needs } = cuts;
  const jumpEnds = needs.jumps.flatMap(({ from, to }) => [from, to]);
  const asked = new Set(['embed', ...needs.cuts.keys(), ...needs.outputs.keys(), ...jumpEnds]);
  return graph.stations.map(({ name, kind, position, values }, order) => {
    const at = split.positions.get(name)?.pass ?? 0;
    const after = at === 0 ? 0 : cuts.marks.findIndex((end) => end >= at) + 1;
    const boundary = cutAt.has(position) || name === 'start' || name === 'end';
    const visible = Object.values(values).every((v) => cuts.seen.has(v.name));
    const watched = asked.has(name);
    return { name, kind, order, position, after, boundary, watched, visible, values };
  });
}
