import { compare } from './compare.js';
import type { Checked, Golden, Verifier } from './golden.js';

/**
 * Runs a verifier over a folder. Results that the case declares and the verifier left out end as misses, so
 * that nothing passes for want of a look.
 */
export async function* verifyGolden(golden: Golden, verifier: Verifier): AsyncGenerator<Checked> {
  const seen = new Set<string>();
  for await (const checked of verifier.verify(golden)) {
    seen.add(checked.name);
    yield checked;
  }
  for (const [name, { shape }] of golden.tensors) {
    if (name.startsWith('in.') || seen.has(name)) continue;
    const none = { shape, data: [] };
    yield { ...compare(name, undefined, none), note: `not verified by '${verifier.name}'` };
  }
}
