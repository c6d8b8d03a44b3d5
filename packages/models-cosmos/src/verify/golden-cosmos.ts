import { type OpenModel, openModel, renamed, SkipstoneError } from '@skipstone/core';
import { floatInput, type Golden } from '@skipstone/golden';
import { type CosmosConfig, cosmosConfig } from '../config.js';
import { diffusersName, NO_WEIGHTS } from '../keys.js';
import { type CosmosOptions, cosmosTransformer } from '../transformer.js';

/** The model of a golden folder, on its weights. */
export interface GoldenCosmos extends OpenModel {
  readonly config: CosmosConfig;
}

/** True if the folder's reference is a Cosmos transformer, supported or not. */
export const isCosmosCase = ({ config }: Golden): boolean =>
  config._class_name === 'CosmosTransformer3DModel';

/** Opens the model of a folder whose case reads `inputs` and no others. */
export async function openGoldenCosmos(
  golden: Golden,
  inputs: readonly string[],
  options: CosmosOptions = {},
): Promise<GoldenCosmos> {
  const config = cosmosConfig(golden.config, `${golden.folder}/config.json`);
  const known = [...inputs, ...(config.conditionMask ? ['in.condition_mask'] : [])];
  const other = [...golden.tensors.keys()].filter((name) => name.startsWith('in.') && !known.includes(name));
  if (other.length > 0) throw unsupported(golden, `it reads ${other.join(', ')}`, known.join(', '));
  const checkpoint = renamed(await golden.model(), diffusersName);
  const model = openModel(cosmosTransformer(config, 'golden', options), checkpoint, { ignore: NO_WEIGHTS });
  return { ...model, config };
}

/** Latent frames at the beginning that a case's mask calls clean. */
export async function cleanFrames(golden: Golden): Promise<number> {
  const { shape, data } = await floatInput(golden, 'in.condition_mask', 5);
  const [, , frames = 0] = shape;
  const area = data.length / frames;
  const clean = data.findIndex((value) => value !== 1);
  const count = clean < 0 ? frames : clean / area;
  if (Number.isInteger(count) && data.subarray(count * area).every((value) => value === 0)) return count;
  throw unsupported(golden, 'in.condition_mask', '1 on whole frames at the beginning, 0 on all others');
}

/** Nothing is padded in any case: a padding mask of anything but zeros must not go unread. */
export async function assertNoPadding(golden: Golden): Promise<void> {
  const { data } = await floatInput(golden, 'in.padding_mask', 4);
  if (data.some((value) => value !== 0)) throw unsupported(golden, 'in.padding_mask', 'zeros');
}

export function unsupported({ folder }: Golden, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'verify-unsupported',
    what: `${folder}: this variant of Cosmos is not supported`,
    have,
    need,
    do: 'verify the cases of Cosmos-Predict2',
  });
}
