import type { Node, NodeFacts } from '../graph/node.js';
import type { PassGraph } from '../graph/pass-graph.js';

export type PlannedNode = Node & NodeFacts;

/**
 * The line of a pass, apart by how long things last: what a run computes once per branch, what a step
 * computes once for all branches, and the pass itself. `constants` depend on weights alone and go into
 * every span that reads them.
 */
export interface SplitPass {
  readonly run: readonly PlannedNode[];
  readonly step: readonly PlannedNode[];
  readonly pass: readonly PlannedNode[];
  readonly constants: ReadonlyMap<string, PlannedNode>;
  /** Number of pass nodes before a station, by name. */
  readonly positions: ReadonlyMap<string, number>;
}

/**
 * A node is hoisted out of the pass if its lifetime allows it and it leads to a product with weights.
 * Cheap tails after the last product stay where they are used: recomputing a slice costs less than
 * carrying it.
 */
export function splitPass(graph: PassGraph): SplitPass {
  const nodes = graph.recorder.nodes;
  const consumers = new Map<string, PlannedNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  }
  const hoisted = new Set<PlannedNode>();
  for (const node of [...nodes].reverse()) {
    if (node.lifetime !== 'run' && node.lifetime !== 'step') continue;
    const leads = node.outputs.some((out) => consumers.get(out)?.some((consumer) => hoisted.has(consumer)));
    if (node.heavy || leads) hoisted.add(node);
  }
  const constants = new Map<string, PlannedNode>();
  const groups = { run: [] as PlannedNode[], step: [] as PlannedNode[], pass: [] as PlannedNode[] };
  const positions = new Map<string, number>();
  let station = 0;
  nodes.forEach((node, index) => {
    for (; (graph.stations[station]?.position ?? Number.POSITIVE_INFINITY) <= index; station++) {
      positions.set(graph.stations[station]?.name ?? '', groups.pass.length);
    }
    if (node.lifetime === 'constant') for (const out of node.outputs) constants.set(out, node);
    else groups[hoisted.has(node) ? (node.lifetime as 'run' | 'step') : 'pass'].push(node);
  });
  for (const rest of graph.stations.slice(station)) positions.set(rest.name, groups.pass.length);
  return { ...groups, constants, positions };
}
