import { type OpenModel, SkipstoneError } from '@skipstone/core';
import type { Golden } from '@skipstone/golden';
import { type WanConfig, type WanTraits, wanConfig } from '../config.js';
import { openTransformer } from '../open-transformer.js';

/** The model of a golden folder, on its weights. */
export interface GoldenWan extends OpenModel {
  readonly config: WanConfig;
}

/** True if the folder's reference is a Wan transformer, supported or not. */
export function isWanCase({ config }: Golden): boolean {
  return config._class_name === 'WanTransformer3DModel';
}

/** Opens the model of a folder whose case reads `inputs` and no others. */
export async function openGoldenWan(
  golden: Golden,
  inputs: readonly string[],
  traits: WanTraits = {},
): Promise<GoldenWan> {
  const config = goldenConfig(golden, traits);
  assertInputs(golden, inputs);
  return { ...openTransformer(config, 'golden', await golden.model()), config };
}

export function goldenConfig({ config, folder }: Golden, traits: WanTraits = {}): WanConfig {
  return wanConfig(config, `${folder}/config.json`, traits);
}

/** An input of a variant that is not supported yet must not go unread. */
export function assertInputs(golden: Golden, known: readonly string[]): void {
  const isKnown = (name: string): boolean =>
    known.some((one) => (one.endsWith('.') ? name.startsWith(one) : name === one));
  const unknown = [...golden.tensors.keys()].filter((name) => name.startsWith('in.') && !isKnown(name));
  if (unknown.length === 0) return;
  throw unsupported(golden, `it reads ${unknown.join(', ')}`, known.join(', '));
}

export function unsupported({ folder }: Golden, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'verify-unsupported',
    what: `${folder}: this variant of Wan is not supported`,
    have,
    need,
    do: 'verify the cases of Wan2.1, and of Wan2.2 A14B and TI2V-5B',
  });
}
