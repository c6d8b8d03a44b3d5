import { type Plan, recordPass } from '@skipstone/core';
import type { Graph } from '@skipstone/core/testing';

/** A whole pass, uncut, and what is known of its values. */
export type PassGraph = ReturnType<typeof recordPass>;
type PassNode = PassGraph['recorder']['nodes'][number];

/** The first phase of a plan, and its plain pass, recorded anew. */
export function plainPass({ phases: [phase], request }: Plan): {
  readonly phase: Plan['phases'][number];
  readonly pass: PassGraph;
} {
  if (!phase) throw new TypeError('a plan has a phase');
  const form = { variant: 'plain', rows: false };
  return { phase, pass: recordPass(phase.spec, form, phase.weights, request.settings) };
}

/** Every node of a pass as one graph: text, clock and all, with every input from outside. */
export function wholeGraph({ recorder, outputs }: PassGraph): Graph {
  return graphOf(recorder, 'uncut', recorder.nodes, Object.values(outputs));
}

/** One node as a graph, with its weights and whatever is made of weights alone. */
export function loneGraph({ recorder }: PassGraph, node: PassNode): Graph {
  const makers = new Map(recorder.nodes.flatMap((one) => one.outputs.map((name) => [name, one])));
  const nodes = new Set<PassNode>();
  const visit = (one: PassNode): void => {
    for (const input of one.inputs) {
      const maker = makers.get(input);
      if (maker?.lifetime === 'constant') visit(maker);
    }
    nodes.add(one);
  };
  visit(node);
  const outputs = node.outputs.map((name) => recorder.facts(name).value);
  return graphOf(recorder, node.name, [...nodes], outputs);
}

function graphOf(
  recorder: PassGraph['recorder'],
  name: string,
  nodes: readonly PassNode[],
  outputs: Graph['outputs'],
): Graph {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const read = new Set(nodes.flatMap((node) => node.inputs).filter((input) => input !== ''));
  const outside = [...read].filter((input) => !made.has(input));
  return {
    name,
    nodes,
    outputs,
    initializers: outside.flatMap((input) => recorder.initializers.get(input) ?? []),
    inputs: outside.flatMap((input) =>
      recorder.initializers.has(input) ? [] : [recorder.facts(input).value],
    ),
  };
}
