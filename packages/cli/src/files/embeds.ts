import {
  assertFinite,
  type Checkpoint,
  type GenerateOptions,
  type HostTensor,
  nearestName,
  openCheckpoint,
  readTensor,
  SkipstoneError,
  type TensorEntry,
  type VideoModel,
} from '@skipstone/core';
import { withoutBatch } from './without-batch.js';

export type Embeds = NonNullable<GenerateOptions['embeds']>;

/** Where each tensor of a file of encoded prompts belongs. */
interface Place {
  readonly branch: 'cond' | 'uncond';
  readonly port: string;
  readonly shape: readonly (number | string)[];
}

/** Names diffusers' pipelines give the same tensors; they are those of a model with one condition. */
const DIFFUSERS = { cond: 'prompt_embeds', uncond: 'negative_prompt_embeds' } as const;

/** Encoded prompts from a safetensors file: `cond.<port>` and `uncond.<port>`, or diffusers' names. */
export async function readEmbeds(path: string, model: VideoModel): Promise<Embeds> {
  const entries = await locateEmbeds(path, model);
  const branches = { cond: {} as Record<string, HostTensor>, uncond: {} as Record<string, HostTensor> };
  for (const { entry, place } of entries) {
    const tensor = await readTensor(entry);
    assertFinite(`--embeds ${path}, ${entry.name}`, tensor);
    branches[place.branch][place.port] = { ...tensor, shape: withoutBatch(entry.shape, place.shape.length) };
  }
  const { cond, uncond } = branches;
  return Object.keys(uncond).length === 0 ? { cond } : { cond, uncond };
}

/** Lengths of the named axes (`S`) of a file of encoded prompts; reads its header only. */
export async function lengthsOfEmbeds(
  path: string,
  model: VideoModel,
): Promise<Readonly<Record<string, number>>> {
  const lengths: Record<string, number> = {};
  for (const { entry, place } of await locateEmbeds(path, model)) {
    const shape = withoutBatch(entry.shape, place.shape.length);
    place.shape.forEach((dim, i) => {
      if (typeof dim === 'string') lengths[dim] = shape[i] ?? 0;
    });
  }
  return lengths;
}

/** What a file of encoded prompts must hold for this model, in words. */
export function embedsNeeded(model: VideoModel): string {
  const names = Object.entries(model.phases[0]?.model.spec.conditions ?? {}).flatMap(([port, { shape }]) =>
    ['cond', 'uncond'].map((branch) => `${branch}.${port} [${shape.join(', ')}]`),
  );
  const also = names.length === 2 ? ` (or ${DIFFUSERS.cond} and ${DIFFUSERS.uncond})` : '';
  return `${names.join(' and ')}${also}`;
}

async function locateEmbeds(
  path: string,
  model: VideoModel,
): Promise<readonly { entry: TensorEntry; place: Place }[]> {
  const checkpoint = await openCheckpoint(path);
  const places = placesOf(model);
  const located = [...checkpoint.tensors.values()].map((entry) => {
    const place = places.get(entry.name);
    if (!place) throw unknownName(path, entry.name, places, model);
    return { entry, place };
  });
  checkComplete(
    path,
    located.map(({ place }) => place),
    checkpoint,
    model,
  );
  const lengths = new Map<string, number>();
  for (const { entry, place } of located) checkShape(path, entry, place, lengths);
  return located;
}

function placesOf(model: VideoModel): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const ports = Object.entries(model.phases[0]?.model.spec.conditions ?? {});
  for (const [port, { shape }] of ports) {
    for (const branch of ['cond', 'uncond'] as const) {
      places.set(`${branch}.${port}`, { branch, port, shape });
      if (ports.length === 1) places.set(DIFFUSERS[branch], { branch, port, shape });
    }
  }
  return places;
}

/** All ports of the conditional branch; all or none of the unconditional one; each once. */
function checkComplete(
  path: string,
  found: readonly Place[],
  { tensors }: Checkpoint,
  model: VideoModel,
): void {
  const ports = Object.keys(model.phases[0]?.model.spec.conditions ?? {}).length;
  const count = (branch: string): number => found.filter((place) => place.branch === branch).length;
  const distinct = new Set(found.map(({ branch, port }) => `${branch}.${port}`)).size;
  const whole = count('cond') === ports && [0, ports].includes(count('uncond')) && distinct === found.length;
  if (!whole) throw fault(path, [...tensors.keys()].join(', ') || 'no tensors', embedsNeeded(model));
}

function checkShape(
  path: string,
  { name, shape, dtype }: TensorEntry,
  place: Place,
  lengths: Map<string, number>,
): void {
  const have = withoutBatch(shape, place.shape.length);
  const fits =
    have.length === place.shape.length &&
    have.every((length, i) => {
      const dim = place.shape[i] ?? 0;
      if (typeof dim === 'number') return dim === length;
      const known = lengths.get(dim) ?? length;
      lengths.set(dim, known);
      return length > 0 && known === length;
    });
  const need = place.shape.map((dim) => lengths.get(String(dim)) ?? dim).join(', ');
  if (!fits) throw fault(path, `${name} [${shape.join(', ')}]`, `${name} [${need}]`);
  if (!['F32', 'F16', 'BF16'].includes(dtype)) throw fault(path, `${name} of ${dtype}`, 'F32, F16 or BF16');
}

function unknownName(
  path: string,
  name: string,
  places: ReadonlyMap<string, Place>,
  model: VideoModel,
): SkipstoneError {
  const nearest = nearestName(name, places.keys());
  return fault(path, `a tensor ${name}`, embedsNeeded(model), `leave it out, or rename it (${nearest}?)`);
}

function fault(
  path: string,
  have: string,
  need: string,
  remedy = 'encode the prompts for this model',
): SkipstoneError {
  return new SkipstoneError({
    code: 'embeds-file',
    what: `--embeds ${path}: these are not encoded prompts of this model`,
    have,
    need,
    do: remedy,
  });
}
