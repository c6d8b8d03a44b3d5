import type { Verifier } from '@skipstone/core/testing';

/** Packages that verify golden folders; each loads when `verify` is called. */
const SOURCES: readonly (() => Promise<readonly Verifier[]>)[] = [
  async () => [(await import('@skipstone/core/testing')).scheduleVerifier],
  async () => (await import('@skipstone/models-wan/verify')).wanVerifiers,
];

export async function loadVerifiers(): Promise<readonly Verifier[]> {
  return (await Promise.all(SOURCES.map((load) => load()))).flat();
}
