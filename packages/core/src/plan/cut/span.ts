import type { Graph, Initializer, Node, Port } from '../../graph/node.js';
import type { PassGraph } from '../../graph/pass-graph.js';
import { renameNode } from '../../graph/rename.js';
import type { Value } from '../../spec/pass.js';
import type { Gate } from './gate.js';
import { gateNodes } from './gate.js';
import type { PlannedNode, SplitPass } from './split.js';

/** A stretch of the line that is compiled as one graph. */
export interface Span {
  /** Unique in its plan: `pass/blocks.0.attn_out`, the station it ends at. */
  readonly id: string;
  readonly lasts: 'run' | 'step' | 'pass';
  readonly graph: Graph;
  readonly nodes: readonly PlannedNode[];
  readonly gates: readonly Gate[];
}

export interface SpanRange {
  readonly id: string;
  readonly lasts: Span['lasts'];
  readonly nodes: readonly PlannedNode[];
  readonly gates: readonly Gate[];
}

/**
 * Turns stretches into graphs whose ports are found by liveness: what a stretch reads and does not make
 * comes in; what it makes and somebody reads later, or looks at, goes out. Every stretch of the line is
 * given at once, in order of computing.
 */
export function cutSpans(
  graph: PassGraph,
  split: SplitPass,
  ranges: readonly SpanRange[],
  kept: ReadonlySet<string>,
): readonly Span[] {
  const readers = new Map<string, Set<number>>();
  ranges.forEach((range, index) => {
    for (const node of [...looseOf(split, range.nodes), ...range.nodes]) {
      for (const input of node.inputs) readers.set(input, (readers.get(input) ?? new Set()).add(index));
    }
  });
  return ranges.map((range, index) => {
    const made = new Set(range.nodes.flatMap((node) => node.outputs));
    const outgoing = [...made].filter(
      (name) => kept.has(name) || [...(readers.get(name) ?? [])].some((reader) => reader !== index),
    );
    return { ...range, graph: spanGraph(graph, split, range, outgoing) };
  });
}

function spanGraph(graph: PassGraph, split: SplitPass, range: SpanRange, outgoing: readonly string[]): Graph {
  const loose = looseOf(split, range.nodes);
  const made = new Set([...loose, ...range.nodes].flatMap((node) => node.outputs));
  const reads = new Set([...loose, ...range.nodes].flatMap((node) => node.inputs).filter(Boolean));
  const owned: Initializer[] = [];
  const inputs: Value[] = [];
  for (const name of reads) {
    const initializer = graph.recorder.initializers.get(name);
    if (initializer) owned.push(initializer);
    else if (!made.has(name)) inputs.push(graph.recorder.facts(name).value);
  }
  const outputs = outgoing.map((name) => graph.recorder.facts(name).value);
  const body = gateNodes(loose, range.nodes, range.gates);
  const caches = graph.caches.flatMap(({ input, output }) => [input.name, output.name]);
  const whole = {
    name: range.id,
    inputs: [...inputs, ...range.gates.flatMap((gate) => gate.ports)],
    outputs,
    nodes: body,
    initializers: owned,
  };
  return float32Ports(whole, new Set(caches));
}

/** The loose nodes a stretch reads, in an order they can run in. */
function looseOf(split: SplitPass, nodes: readonly PlannedNode[]): readonly PlannedNode[] {
  const found = new Set<PlannedNode>();
  const visit = (name: string): void => {
    const node = split.loose.get(name);
    if (!node || found.has(node)) return;
    for (const input of node.inputs) visit(input);
    found.add(node);
  };
  for (const node of nodes) for (const input of node.inputs) visit(input);
  return [...found];
}

/**
 * Values cross a cut as float32 whatever they are computed in: exact for half precision, one type for all.
 * Caches alone keep their type: they are overwritten where they lie.
 */
function float32Ports(graph: Graph, caches: ReadonlySet<string>): Graph {
  const half = (port: Port): boolean => port.type === 'float16' && !caches.has(port.name);
  if (![...graph.inputs, ...graph.outputs].some(half)) return graph;
  const renamed = new Map<string, string>();
  const before: Node[] = [];
  const after: Node[] = [];
  const inputs = graph.inputs.map((port) => {
    if (!half(port)) return port;
    renamed.set(port.name, `${port.name}/half`);
    before.push(castNode(port.name, `${port.name}/half`, FLOAT16));
    return { ...port, type: 'float32' as const };
  });
  const outputs = graph.outputs.map((port) => {
    if (!half(port)) return port;
    renamed.set(port.name, `${port.name}/half`);
    after.push(castNode(`${port.name}/half`, port.name, FLOAT32));
    return { ...port, type: 'float32' as const };
  });
  const nodes = graph.nodes.map((node) => renameNode(node, (name) => renamed.get(name) ?? name));
  return { ...graph, inputs, outputs, nodes: [...before, ...nodes, ...after] };
}

const FLOAT32 = 1;
const FLOAT16 = 10;

function castNode(from: string, to: string, type: number): Node {
  return {
    name: `${to}/cast`,
    op: 'Cast',
    domain: '',
    inputs: [from],
    outputs: [to],
    attributes: { to: { int: type } },
  };
}
