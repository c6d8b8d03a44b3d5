import { type LowRankOptions, type OpenModel, withLowRank } from '@skipstone/core';
import { z } from 'zod';
import { compare } from './compare.js';
import type { Checked, Golden } from './golden.js';

/** The field of a forward with low-rank additions: results are named `out.<name>.<scale>`. */
export const loraField = {
  lora: z
    .strictObject({
      /** A file of the folder. */
      file: z.string(),
      /** Strengths that results were recorded at. */
      scales: z.array(z.number()).min(1),
      /** Modules that it adds to, by diffusers' names. */
      keys: z.array(z.string()).min(1),
    })
    .optional(),
};

/** A model with the additions of a case. */
export type AddLoras = (model: OpenModel, options: LowRankOptions) => Promise<OpenModel>;

/** Verifies a forward at each strength of its low-rank additions; one without them as it is. */
export async function* atStrengths(
  golden: Golden,
  lora: z.infer<typeof loraField.lora>,
  verify: (golden: Golden, add: AddLoras) => AsyncIterable<Checked>,
): AsyncGenerator<Checked> {
  if (!lora) return yield* verify(golden, async (model) => model);
  const path = await golden.path(lora.file);
  const met = new Set<string>();
  for (const strength of lora.scales) {
    const storedAs = resultsAt(golden, strength);
    const tensors = new Map(
      [...golden.tensors].flatMap(([name, tensor]) =>
        name.startsWith('in.') ? [[name, tensor] as const] : [],
      ),
    );
    for (const [name, stored] of storedAs)
      tensors.set(name, golden.tensors.get(stored) ?? { type: '', shape: [] });
    const reference = (name: string) => golden.reference(storedAs.get(name) ?? `${name}.${strength}`);
    const add: AddLoras = async (model, options) => {
      const added = await withLowRank(model, [{ path, strength }], options);
      for (const key of lora.keys) if (isAddedTo(added, key)) met.add(key);
      return added;
    };
    for await (const one of verify({ ...golden, tensors, reference }, add)) {
      yield { ...one, name: storedAs.get(one.name) ?? `${one.name}.${strength}` };
    }
  }
  const keys = (data: readonly number[]) => ({ shape: [lora.keys.length], data });
  yield compare(
    'lora.keys',
    keys(lora.keys.map((key) => Number(met.has(key)))),
    keys(lora.keys.map(() => 1)),
    0,
  );
}

/** Results of one strength by their name without it. */
function resultsAt(golden: Golden, strength: number): ReadonlyMap<string, string> {
  return new Map(
    [...golden.tensors.keys()].flatMap((stored) => {
      const [, name, scale] = /^(out\.[A-Za-z_]+)\.(.+)$/.exec(stored) ?? [];
      return name !== undefined && Number(scale) === strength ? [[name, stored] as const] : [];
    }),
  );
}

const isAddedTo = ({ checkpoint, weights }: OpenModel, module: string): boolean =>
  ['weight', 'bias'].some((part) => {
    const entry = checkpoint.tensors.get(`${module}.${part}`);
    return entry !== undefined && weights.find(entry.name, entry.shape).additions !== undefined;
  });
