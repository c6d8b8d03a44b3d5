import { join } from 'node:path';
import { withLowRank, writeSafetensors } from '@skipstone/core';
import { planOn, type Subject } from '@skipstone/core/testing';
import type { Bench, Outcome } from '../row.js';
import { ratios } from '../statistics.js';
import { inTurn } from '../stepped-run.js';
import { modelOf, normal, stepsOf, wanWidthSubject } from '../subjects.js';

/** Rank of LTX-2's published additions, for its second stage. */
const RANK = 384;

/** What low-rank additions to every matrix of the blocks cost, over the same model without. */
export async function* lora(bench: Bench): AsyncGenerator<Outcome> {
  const plain = await wanWidthSubject(bench);
  bench.say(`writing random additions of rank ${RANK}`);
  const path = join(bench.folder, 'additions.safetensors');
  const weights = await writeAdditions(modelOf(plain), path);
  const added = { ...plain, models: [await withLowRank(modelOf(plain), [{ path }])] };
  const { runtimeMs } = await inTurn(bench, (steps) => ({
    plain: stepsOf(plain, { steps }),
    added: stepsOf(added, { steps }),
  }));
  yield {
    what: `a forward with additions of rank ${RANK}, over one without`,
    unit: 'ratio',
    samples: ratios(runtimeMs.added, runtimeMs.plain),
    note: `${weights} matrices; ${(secondsOf(added) / secondsOf(plain)).toFixed(2)} of the work`,
  };
  yield { what: 'a forward without', unit: 'ms', samples: runtimeMs.plain };
}

/** What a step and a pass take by their work. */
function secondsOf(subject: Subject): number {
  const [phase] = planOn(subject).phases;
  return (phase?.seconds.step ?? 0) + (phase?.seconds.pass ?? 0);
}

/** Additions to every matrix inside the blocks; how many there are. */
async function writeAdditions({ checkpoint }: ReturnType<typeof modelOf>, path: string): Promise<number> {
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
