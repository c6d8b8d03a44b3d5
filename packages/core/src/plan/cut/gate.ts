import type { Node } from '../../graph/node.js';
import { renameNode } from '../../graph/rename.js';
import type { Value } from '../../spec/pass.js';
import type { Streams } from '../../spec/tensor.js';

import type { PlannedNode } from './split.js';

/**
 * A stretch inside one session that a boolean port turns off: an `If` whose other branch hands on what a
 * port brings. It costs nothing when off, and needs no cut.
 */
export interface Gate {
  readonly from: string;
  readonly to: string;
  /** Nodes of the stretch. */
  readonly nodes: ReadonlySet<PlannedNode>;
  /** Hidden streams at `to`. */
  readonly hidden: Streams<Value>;
  /** Boolean port, `[1]`: true computes. */
  readonly open: string;
  /** Ports for the hidden streams to go on with when closed. */
  readonly given: Streams<string>;
  readonly ports: readonly Value[];
}

export function makeGate(
  from: string,
  to: string,
  nodes: readonly PlannedNode[],
  hidden: Streams<Value>,
): Gate {
  const open = `gate.${from}.${to}`;
  const given = Object.fromEntries(Object.keys(hidden).map((stream) => [stream, `${open}.${stream}`]));
  const ports: Value[] = [{ name: open, type: 'bool', shape: [1] }];
  for (const [stream, value] of Object.entries(hidden)) {
    const shape = [`G.${stream}`, ...value.shape.slice(1)];
    ports.push({ name: given[stream] ?? '', type: value.type, shape });
  }
  return { from, to, nodes: new Set(nodes), hidden, open, given, ports };
}

/**
 * Wraps each gate's nodes in an `If`, with the loose ones that nobody else reads: a cast of a mapped weight is
 * not worth doing for a product that is turned off. Gates of one span do not overlap.
 */
export function gateNodes(
  loose: readonly PlannedNode[],
  nodes: readonly PlannedNode[],
  gates: readonly Gate[],
): readonly Node[] {
  const owner = new Map<PlannedNode, Gate>();
  for (const gate of gates) for (const node of gate.nodes) owner.set(node, gate);
  const all = [...loose, ...nodes];
  if (gates.length === 0) return all;
  for (const node of [...loose].reverse()) {
    const readers = all.filter((reader) => reader.inputs.some((input) => node.outputs.includes(input)));
    const [first, ...others] = new Set(readers.map((reader) => owner.get(reader)));
    if (first && others.length === 0) owner.set(node, first);
  }
  const placed = new Set<Gate>();
  return all.flatMap((node): Node[] => {
    const gate = owner.get(node);
    if (!gate) return [node];
    if (placed.has(gate) || !gate.nodes.has(node)) return [];
    placed.add(gate);
    return [
      ifNode(
        gate,
        all.filter((inner) => owner.get(inner) === gate),
      ),
    ];
  });
}

function ifNode(gate: Gate, inside: readonly PlannedNode[]): Node {
  const names = Object.values(gate.hidden).map((value) => value.name);
  const inner = (name: string): string => (names.includes(name) ? `${name}/computed` : name);
  const identities = Object.entries(gate.hidden).map(([stream, value]): Node => {
    const name = `${value.name}/given`;
    const inputs = [gate.given[stream] ?? ''];
    return { name, op: 'Identity', domain: '', inputs, outputs: [name], attributes: {} };
  });
  const computed = { name: `${gate.open}.computed`, nodes: [] as Node[], outputs: names.map(inner) };
  computed.nodes.push(...inside.map((node) => renameNode(node, inner)));
  const given = { name: `${gate.open}.given`, nodes: identities, outputs: names.map((n) => `${n}/given`) };
  return {
    name: gate.open,
    op: 'If',
    domain: '',
    inputs: [gate.open],
    outputs: names,
    attributes: { then_branch: { graph: computed }, else_branch: { graph: given } },
  };
}
