import type { Node, NodeFacts } from '../../graph/node.js';
import type { PassGraph } from '../../graph/pass-graph.js';
import type { Jump } from '../../spec/plugin.js';

export type PlannedNode = Node & NodeFacts;

/**
 * The line of a pass, apart by how long things last: what a run computes once per branch, what a step
 * computes once for all branches, and the pass itself. `loose` nodes are cheap and older than the pass (a
 * reshaped weight, a slice of the modulation, row ids as a column): they are copied into every span that
 * reads them, since recomputing them costs less than carrying them, and a jump cannot leave them undone.
 */
export interface SplitPass {
  /** What reads no text comes first: its values are the same for all branches. */
  readonly run: readonly PlannedNode[];
  /** How many of those there are. */
  readonly textless: number;
  readonly step: readonly PlannedNode[];
  readonly pass: readonly PlannedNode[];
  /** By the value they make. */
  readonly loose: ReadonlyMap<string, PlannedNode>;
  /** Number of nodes of the pass, and of the step, before a station. */
  readonly positions: ReadonlyMap<string, Position>;
}

export interface Position {
  readonly step: number;
  readonly pass: number;
}

/**
 * A node is hoisted if its lifetime allows it and it is, or leads to, a product with weights or a station.
 * What a step computes once can reach far: a first block's self-attention knows no text. Stretches that may
 * be turned off keep theirs, so that turning them off saves it, but for what is read behind them too.
 */
export function splitPass(graph: PassGraph, jumps: readonly Jump[] = []): SplitPass {
  const { nodes } = graph.recorder;
  const hoisted = hoistedNodes(graph);
  const loose = new Map<string, PlannedNode>();
  const groups = { run: [] as PlannedNode[], step: [] as PlannedNode[], pass: [] as PlannedNode[] };
  const positions = new Map<string, Position>();
  const here = (): Position => ({ step: groups.step.length, pass: groups.pass.length });
  /** Values that stay in the pass though they are older; whatever reads them stays too. */
  const kept = new Set<string>();
  const gated = jumps.filter(({ decided }) => decided === 'before');
  const staying = new Set(gated.flatMap((jump) => ownNodes(graph, jump)));
  let station = 0;
  nodes.forEach((node, index) => {
    for (; (graph.stations[station]?.position ?? Number.POSITIVE_INFINITY) <= index; station++) {
      positions.set(graph.stations[station]?.name ?? '', here());
    }
    const { lifetime } = node;
    const old = lifetime !== 'pass' && lifetime !== 'constant' && hoisted.has(node) ? lifetime : undefined;
    const stayed = (old === 'step' && staying.has(node)) || node.inputs.some((input) => kept.has(input));
    if (stayed) for (const out of node.outputs) kept.add(out);
    if (lifetime === 'pass' || stayed) groups.pass.push(node);
    else if (old) groups[old].push(node);
    else for (const out of node.outputs) loose.set(out, node);
  });
  for (const rest of graph.stations.slice(station)) positions.set(rest.name, here());
  const told = readersOfText(graph.recorder);
  const textless = groups.run.filter((node) => !told.has(node));
  const run = [...textless, ...groups.run.filter((node) => told.has(node))];
  return { ...groups, run, textless: textless.length, loose, positions };
}

/** Nodes that read text, or what was made of it. */
function readersOfText({ nodes, values: all }: PassGraph['recorder']): ReadonlySet<PlannedNode> {
  const values = new Set<string>();
  const reads = (input: string): boolean =>
    all.get(input)?.value.source?.kind === 'condition' || values.has(input);
  return new Set(
    nodes.filter(({ inputs, outputs }) => {
      const told = inputs.some(reads);
      if (told) for (const out of outputs) values.add(out);
      return told;
    }),
  );
}

/** Nodes of a stretch that nobody behind it needs, but through the hidden streams at its end. */
function ownNodes({ recorder: { nodes }, stations }: PassGraph, jump: Jump): readonly PlannedNode[] {
  const [from, to] = [jump.from, jump.to].map((name) => stations.find((one) => one.name === name));
  const wanted = new Set(nodes.slice(to?.position).flatMap((node) => node.inputs));
  for (const { name } of Object.values(to?.values ?? {})) wanted.delete(name);
  const inside = nodes.slice(from?.position, to?.position).reverse();
  return inside.filter((node) => {
    const own = !node.outputs.some((out) => wanted.has(out));
    if (!own) for (const input of node.inputs) wanted.add(input);
    return own;
  });
}

function hoistedNodes(graph: PassGraph): ReadonlySet<PlannedNode> {
  const { nodes } = graph.recorder;
  const needed = new Set(
    graph.stations.flatMap((station) => Object.values(station.values).map((v) => v.name)),
  );
  const hoisted = new Set<PlannedNode>();
  for (const node of [...nodes].reverse()) {
    const { lifetime } = node;
    if (lifetime === 'pass' || lifetime === 'constant') continue;
    if (!node.heavy && !node.outputs.some((out) => needed.has(out))) continue;
    hoisted.add(node);
    for (const input of node.inputs) needed.add(input);
  }
  return hoisted;
}
