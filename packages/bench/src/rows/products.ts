import { BareRoom, planOn, type Subject } from '@skipstone/core/testing';
import { loneGraph, plainPass } from '../graphs.js';
import { THREADS } from '../machine.js';
import type { Bench, Outcome } from '../row.js';
import { ratios } from '../statistics.js';
import { inTurn, timed } from '../stepped-run.js';
import { normal, stepsOf, wanWidthSubject } from '../subjects.js';

/** A forward of `wan-1.3b-width` against its matrix products, each run alone. */
export async function* products(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await wanWidthSubject(bench);
  const room = new BareRoom('cpu', THREADS);
  try {
    const alone = loneNodes(subject, room);
    const { runtimeMs: ms } = await inTurn(bench, (steps) => ({
      packed: stepsOf(subject, { steps }),
      products: timed(() => inSequence(alone.products)),
      mapped: stepsOf(subject, { steps, settings: { weights: 'mapped' } }),
      attention: timed(() => inSequence(alone.attention)),
    }));
    yield {
      what: 'alone, over a forward, packed',
      unit: 'share',
      reach: { least: 0.88 },
      samples: ratios(ms.products, ms.packed),
      note: `${alone.products.length} products; one branch, step-wide span included`,
    };
    yield { what: 'a forward, packed', unit: 'ms', samples: ms.packed };
    yield { what: 'a forward, mapped over packed', unit: 'ratio', samples: ratios(ms.mapped, ms.packed) };
    yield {
      what: 'attention alone, over a forward, packed',
      unit: 'share',
      samples: ratios(ms.attention, ms.packed),
    };
  } finally {
    await room.close();
  }
}

type Timed = () => Promise<number>;

async function inSequence(nodes: readonly Timed[]): Promise<number> {
  let sum = 0;
  for (const time of nodes) sum += await time();
  return sum;
}

/**
 * What a warmed-up pass computes with work of its own, node by node, each a session: those with weights are
 * products, the others attention. What a run computes once (text) is left out.
 */
function loneNodes(subject: Subject, room: BareRoom) {
  const { phase, pass: graph } = plainPass(planOn(subject));
  const pass = phase.passes.get('plain');
  if (!pass) throw new TypeError('a plan has a plain pass');
  const { sizes } = phase;
  const compile = (node: (typeof graph.recorder.nodes)[number]): Timed => {
    const lone = loneGraph(graph, node);
    const session = room.compile(lone, { weights: 'packed', sizes });
    const inputs = lone.inputs.map(({ name, shape }, index) => {
      const lengths = shape.map((dim) => {
        if (typeof dim === 'number') return dim;
        return typeof dim === 'string' ? (sizes.get(dim) ?? 1) : (sizes.get(dim.axis) ?? 1) * dim.times;
      });
      return [name, room.put(normal(lengths, index))];
    });
    return () => session.time(Object.fromEntries(inputs));
  };
  const nodes = [...pass.step, ...pass.pass]
    .flatMap((span) => span.nodes)
    .filter(({ work }) => work.length > 0);
  const { initializers } = graph.recorder;
  const weighted = (node: (typeof nodes)[number]): boolean =>
    node.inputs.some((input) => initializers.has(input));
  return {
    products: nodes.filter(weighted).map(compile),
    attention: nodes.filter((node) => !weighted(node)).map(compile),
  };
}
