import type { Node } from './node.js';

/** A node under other value names, down into the branches of an `If`. */
export function renameNode(node: Node, name: (old: string) => string): Node {
  const attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([key, value]) => {
      if (!('graph' in value)) return [key, value];
      const { graph } = value;
      const nodes = graph.nodes.map((inner) => renameNode(inner, name));
      return [key, { graph: { ...graph, nodes, outputs: graph.outputs.map(name) } }];
    }),
  );
  return { ...node, inputs: node.inputs.map(name), outputs: node.outputs.map(name), attributes };
}
