import type { PassPlan } from './pass-plan.js';
import type { Span } from './span.js';

/**
 * A pass whose hoisted spans are those of earlier passes where they compute the same: same nodes on the same
 * weights and inputs, and every output that is read. So text is projected once for all variants, and what a
 * step computes before they differ is computed once.
 */
export function shareSpans(pass: PassPlan, earlier: Iterable<PassPlan>): PassPlan {
  const known = [...earlier].flatMap(({ run, step }) => [...run, ...step]);
  const shared = (span: Span): Span => known.find((other) => serves(other, span)) ?? span;
  return { ...pass, run: pass.run.map(shared), step: pass.step.map(shared) };
}

function serves(other: Span, span: Span): boolean {
  const outputs = new Set(other.graph.outputs.map(({ name }) => name));
  return (
    other.nodes.length === span.nodes.length &&
    span.graph.outputs.every(({ name }) => outputs.has(name)) &&
    computation(other) === computation(span)
  );
}

/** What a span computes, as text: all of its graph but its name and which values leave it. */
function computation({ graph: { inputs, nodes, initializers } }: Span): string {
  // Weights of one model are known by their names; small constants that are part of the graph, by their bytes.
  const owned = initializers.map(({ name, type, dims, data }) => [
    ...[name, type, dims],
    'bytes' in data ? [...data.bytes] : 'stored',
  ]);
  return JSON.stringify([inputs, nodes, owned]);
}
