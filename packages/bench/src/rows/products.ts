import { only, recordPass } from '@skipstone/core';
import { BareRoom, planOn, type Subject } from '@skipstone/core/testing';
import { loneGraph } from '../graphs.js';
import { THREADS } from '../machine.js';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { type SteppedRun, steppedRun } from '../stepped-run.js';
import { normal, wanWidthSubject } from '../subjects.js';

/** A forward of `wan-1.3b-width` against its matrix products, each run alone. */
export async function* products(bench: Bench): AsyncGenerator<Outcome> {
  const subject = await wanWidthSubject(bench);
  const steps = bench.repeats + 2;
  const forwards = {
    packed: steppedRun(runRequest(subject, { guidance: only(), steps, settings: { weights: 'packed' } })),
    mapped: steppedRun(runRequest(subject, { guidance: only(), steps, settings: { weights: 'mapped' } })),
  };
  const room = new BareRoom('cpu', THREADS);
  try {
    const alone = loneNodes(subject, room);
    // The first step reads the text too: it is no warmed-up pass.
    for (const forward of Object.values(forwards)) await forward.next();
    const ms = await interleave(
      {
        packed: () => runtimeMs(forwards.packed),
        products: () => inTurn(alone.products),
        mapped: () => runtimeMs(forwards.mapped),
        attention: () => inTurn(alone.attention),
      },
      bench,
    );
    yield {
      what: 'products: alone, over a forward, packed',
      unit: 'share',
      reach: { least: 0.88 },
      samples: ratios(ms.products, ms.packed),
      note: `${alone.products.length} products; one branch, step-wide span included`,
    };
    yield { what: 'products: a forward, packed', unit: 'ms', samples: ms.packed };
    yield {
      what: 'products: a forward, mapped over packed',
      unit: 'ratio',
      samples: ratios(ms.mapped, ms.packed),
    };
    yield {
      what: 'products: attention alone, over a forward, packed',
      unit: 'share',
      samples: ratios(ms.attention, ms.packed),
    };
  } finally {
    await Promise.all([room.close(), ...Object.values(forwards).map((forward) => forward.abort())]);
  }
}

const runtimeMs = async (run: SteppedRun): Promise<number> => (await run.next()).runtimeMs;

type Timed = () => Promise<number>;

async function inTurn(nodes: readonly Timed[]): Promise<number> {
  let sum = 0;
  for (const time of nodes) sum += await time();
  return sum;
}

/**
 * What a warmed-up pass computes with work of its own, node by node, each a session: those with weights are
 * products, the others attention. What a run computes once (text) is left out.
 */
function loneNodes(
  subject: Subject,
  room: BareRoom,
): { readonly products: readonly Timed[]; readonly attention: readonly Timed[] } {
  const plan = planOn(subject, { guidance: only(), settings: { weights: 'packed' } });
  const [phase] = plan.phases;
  const pass = phase?.passes.get('plain');
  if (!phase || !pass) throw new TypeError('a plan has a plain pass');
  const graph = recordPass(
    phase.spec,
    { variant: 'plain', rows: false },
    phase.weights,
    plan.request.settings,
  );
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
