import type { Port } from '../../graph/node.js';
import type { Branch } from '../../spec/guidance.js';
import type { PassPlan } from './pass-plan.js';
import type { Span } from './span.js';

/**
 * The hoisted spans that these branches run, as often as they run: once for each set of inputs, whoever reads
 * what they make. Inputs differ by the text of a branch, and by who made them.
 */
export function hoistedRuns(
  branches: readonly Branch[],
  passes: ReadonlyMap<string, PassPlan>,
  lasts: 'run' | 'step',
): readonly Span[] {
  const runs = new Map<string, { readonly id: number; readonly span: Span }>();
  for (const { name, text } of branches) {
    const pass = passes.get(name);
    if (!pass) continue;
    const made = new Map<string, number>();
    for (const span of [...pass.run, ...pass.step]) {
      const from = ({ name: port, source }: Port): string =>
        `${source?.kind === 'condition' ? text : (made.get(port) ?? '')}/${port}`;
      const key = [span.id, ...span.graph.inputs.map(from)].join();
      const { id } = runs.get(key) ?? { id: runs.size };
      runs.set(key, { id, span });
      for (const port of span.graph.outputs) made.set(port.name, id);
    }
  }
  return [...runs.values()].flatMap(({ span }) => (span.lasts === lasts ? [span] : []));
}
