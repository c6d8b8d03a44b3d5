import type { GoldenMethod, Verifier } from '@skipstone/golden';
import { adapterVerifiers } from '../model/load-adapter.js';

/** Plugin packages that verify runs with their methods; each loads when `verify` is called. */
const METHODS: readonly (() => Promise<readonly GoldenMethod[]>)[] = [
  async () => (await import('@skipstone/galaxy-cache/verify')).galaxyMethods,
  async () => (await import('@skipstone/hsa/verify')).hsaMethods,
  async () => [(await import('./joint-reuse.js')).jointReuse],
];

/** Packages of models, which run those methods; each loads when `verify` is called. */
const MODELS: readonly (() => Promise<(methods: readonly GoldenMethod[]) => readonly Verifier[]>)[] = [
  async () => (await import('@skipstone/models-wan/verify')).wanVerifiers,
  async () => (await import('@skipstone/models-cosmos/verify')).cosmosVerifiers,
  async () => (await import('@skipstone/models-ltx/verify')).ltxVerifiers,
];

/** Packages that verify what stands around a transformer. */
const PARTS: readonly (() => Promise<readonly Verifier[]>)[] = [
  async () => (await import('@skipstone/encoders/verify')).verifiers,
  async () => (await import('@skipstone/codecs/verify')).verifiers,
  async () => (await import('@skipstone/pipeline/verify')).verifiers,
];

/** All verifiers; those of modules of one's own are asked first. */
export async function loadVerifiers(adapters: readonly string[] = []): Promise<readonly Verifier[]> {
  const own = await Promise.all(adapters.map(adapterVerifiers));
  const { scheduleVerifier } = await import('@skipstone/golden');
  const methods = (await Promise.all(METHODS.map((load) => load()))).flat();
  const models = await Promise.all(MODELS.map((load) => load()));
  const parts = (await Promise.all(PARTS.map((load) => load()))).flat();
  return [...own.flat(), scheduleVerifier, ...models.flatMap((verifiers) => verifiers(methods)), ...parts];
}
