import type { Node } from '../graph/node.js';
import { renameNode } from '../graph/rename.js';
import type { Value } from '../spec/pass.js';
import type { Streams } from '../spec/tensor.js';

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

/** Wraps each gate's nodes in an `If`; the rest stays as it is. Gates of one span do not overlap. */
export function gateNodes(nodes: readonly PlannedNode[], gates: readonly Gate[]): readonly Node[] {
  const out: Node[] = [];
  const done = new Set<Gate>();
  for (const node of nodes) {
    const gate = gates.find((g) => g.nodes.has(node));
    if (!gate) out.push(node);
    else if (!done.has(gate)) {
      out.push(ifNode(gate));
      done.add(gate);
    }
  }
  return out;
}

function ifNode(gate: Gate): Node {
  const names = Object.values(gate.hidden).map((value) => value.name);
  const inner = (name: string): string => (names.includes(name) ? `${name}/computed` : name);
  const identities = Object.entries(gate.hidden).map(([stream, value]): Node => {
    const name = `${value.name}/given`;
    const inputs = [gate.given[stream] ?? ''];
    return { name, op: 'Identity', domain: '', inputs, outputs: [name], attributes: {} };
  });
  const computed = { name: `${gate.open}.computed`, nodes: [] as Node[], outputs: names.map(inner) };
  computed.nodes.push(...[...gate.nodes].map((node) => renameNode(node, inner)));
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
