import { shapeText } from './dim.js';
import type { Attribute, Graph, Node } from './node.js';

/**
 * A graph as text, a line a node, for snapshots and for reading: `y = Gemm(x, W, b) {transB: 1}`. A node's name
 * follows where it is not that of its output.
 */
export function dumpGraph(graph: Graph): string {
  const lines = [
    `graph ${graph.name}`,
    ...graph.inputs.map((p) => `  in   ${p.name} ${p.type} ${shapeText(p.shape)}`),
    ...graph.initializers.map((i) => `  own  ${i.name} ${i.type} [${i.dims.join(', ')}] ${origin(i.data)}`),
    ...graph.nodes.flatMap((node) => dumpNode(node, '  ')),
    ...graph.outputs.map((p) => `  out  ${p.name} ${p.type} ${shapeText(p.shape)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function origin(data: Graph['initializers'][number]['data']): string {
  return 'bytes' in data ? `(${data.bytes.length} bytes inside)` : `(${data.byteLength} bytes by reference)`;
}

function dumpNode(node: Node, indent: string): string[] {
  const attributes = Object.entries(node.attributes).filter(([, value]) => !('graph' in value));
  const braces = attributes.map(([name, value]) => `${name}: ${dumpAttribute(value)}`).join(', ');
  const outputs = node.outputs.join(', ');
  const head = `${outputs} = ${node.op}(${node.inputs.join(', ')})`;
  const name = node.name === outputs ? '' : `  # ${node.name}`;
  const lines = [`${indent}${head}${braces ? ` {${braces}}` : ''}${name}`];
  for (const [name, value] of Object.entries(node.attributes)) {
    if (!('graph' in value)) continue;
    lines.push(`${indent}  ${name} ->`);
    for (const inner of value.graph.nodes) lines.push(...dumpNode(inner, `${indent}    `));
    lines.push(`${indent}    => ${value.graph.outputs.join(', ')}`);
  }
  return lines;
}

function dumpAttribute(value: Attribute): string {
  if ('int' in value) return String(value.int);
  if ('ints' in value) return `[${value.ints.join(', ')}]`;
  if ('float' in value) return String(value.float);
  if ('string' in value) return JSON.stringify(value.string);
  return 'graph';
}
