import { join } from 'node:path';
import { only, type VideoModel, withLowRank, writeSafetensors } from '@skipstone/core';
import { planOn, type Subject } from '@skipstone/core/testing';
import type { Bench, Outcome } from '../row.js';
import { runRequest } from '../run-request.js';
import { interleave, ratios } from '../statistics.js';
import { type SteppedRun, steppedRun } from '../stepped-run.js';
import { normal, wanWidthSubject } from '../subjects.js';

/** Rank of LTX-2's published additions, for its second stage. */
const RANK = 384;

type Model = VideoModel['phases'][number]['model'];

/** What low-rank additions to every matrix of the blocks cost, over the same model without. */
export async function* lora(bench: Bench): AsyncGenerator<Outcome> {
  const plain = await wanWidthSubject(bench);
  const [model] = plain.models;
  if (!model) throw new TypeError('a subject has a model');
  bench.say(`writing random additions of rank ${RANK}`);
  const path = join(bench.folder, 'additions.safetensors');
  const weights = await writeAdditions(model, path);
  const added = { ...plain, models: [await withLowRank(model, [{ path }])] };
  const run = { guidance: only(), settings: { weights: 'packed' }, steps: bench.repeats + 2 } as const;
  const forwards = {
    plain: steppedRun(runRequest(plain, run)),
    added: steppedRun(runRequest(added, run)),
  };
  try {
    // The first step reads the text too: it is no warmed-up pass.
    for (const forward of Object.values(forwards)) await forward.next();
    const next = async (of: SteppedRun): Promise<number> => (await of.next()).runtimeMs;
    const ms = await interleave(
      { plain: () => next(forwards.plain), added: () => next(forwards.added) },
      bench,
    );
    const [with_, without] = [secondsOf(added), secondsOf(plain)];
    yield {
      what: `lora: a forward with additions of rank ${RANK}, over one without`,
      unit: 'ratio',
      samples: ratios(ms.added, ms.plain),
      note: `${weights} matrices; ${(with_ / without).toFixed(2)} of the work`,
    };
    yield { what: 'lora: a forward without', unit: 'ms', samples: ms.plain };
  } finally {
    await Promise.all(Object.values(forwards).map((forward) => forward.abort()));
  }
}

/** What a step and a pass take by their work. */
function secondsOf(subject: Subject): number {
  const [phase] = planOn(subject, { guidance: only() }).phases;
  return (phase?.seconds.step ?? 0) + (phase?.seconds.pass ?? 0);
}

/** Additions to every matrix inside the blocks; how many there are. */
async function writeAdditions({ checkpoint }: Model, path: string): Promise<number> {
  const matrices = [...checkpoint.tensors.values()].filter(
    ({ name, shape }) => name.startsWith('blocks.') && name.endsWith('.weight') && shape.length === 2,
  );
  const tensors = matrices.flatMap(({ name, shape: [out = 0, width = 0] }, i) => {
    const module = name.slice(0, -'.weight'.length);
    return [
      [`${module}.lora_A.weight`, normal([RANK, width], 2 * i)],
      [`${module}.lora_B.weight`, normal([out, RANK], 2 * i + 1)],
    ] as const;
  });
  await writeSafetensors(path, Object.fromEntries(tensors));
  return matrices.length;
}
