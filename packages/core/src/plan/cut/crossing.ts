import type { KeyValueCache } from '../../graph/keys-values.js';
import type { Port } from '../../graph/node.js';
import type { Streams } from '../../spec/tensor.js';
import type { Value } from '../../spec/value.js';
import type { Span } from './span.js';
import type { StationPlan } from './station-plan.js';

/**
 * A value that leaves a span of the pass and lives on between spans: from the one that makes it to the last
 * that reads it; where somebody asked to see it, until the pass ends, and, once seen, until the step does.
 */
export interface Crossing {
  readonly port: Port;
  /** Places in the order of the pass's spans; `read` is `made` where nobody reads it. */
  readonly made: number;
  readonly read: number;
  readonly watched: boolean;
}

/** What crosses from span to span, but for what has a home elsewhere: keys and values, predictions. */
export function crossingsOf(
  spans: readonly Span[],
  stations: readonly StationPlan[],
  caches: readonly KeyValueCache[],
  predictions: Streams<Value>,
): readonly Crossing[] {
  const elsewhere = new Set(
    [...caches.map(({ output }) => output), ...Object.values(predictions)].map(nameOf),
  );
  const asked = stations.filter(({ watched }) => watched);
  const watched = new Set(asked.flatMap(({ values }) => Object.values(values)).map(nameOf));
  const read = new Map<string, number>();
  spans.forEach(({ graph }, index) => {
    for (const { name } of graph.inputs) read.set(name, index);
  });
  return spans.flatMap(({ graph }, made) =>
    graph.outputs
      .filter(({ name }) => !elsewhere.has(name))
      .map((port) => ({ port, made, read: read.get(port.name) ?? made, watched: watched.has(port.name) })),
  );
}

const nameOf = ({ name }: { readonly name: string }): string => name;
