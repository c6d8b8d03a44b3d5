import { SkipstoneError } from '@skipstone/core';
import type { Golden, Verifier } from './golden.js';

/** The first verifier that accepts a folder; otherwise an error that says what can be verified. */
export function chooseVerifier(golden: Golden, verifiers: readonly Verifier[]): Verifier {
  const ofKind = verifiers.filter((verifier) => verifier.kind === golden.kind);
  const found = ofKind.find((verifier) => verifier.accepts(golden));
  if (found) return found;
  if (ofKind.length === 0) throw unknownKind(golden, verifiers);
  const { _class_name: model } = golden.config;
  throw new SkipstoneError({
    code: 'verify-model',
    what: `${golden.folder}: nothing here verifies this case of the kind '${golden.kind}'`,
    have: typeof model === 'string' ? model : `a config.json with ${Object.keys(golden.config).join(', ')}`,
    need: ofKind.map((verifier) => verifier.name).join('; '),
    do: 'verify it with the package of its model or method',
  });
}

function unknownKind(golden: Golden, verifiers: readonly Verifier[]): SkipstoneError {
  const kinds = [...new Set(verifiers.map((verifier) => verifier.kind))];
  return new SkipstoneError({
    code: 'verify-kind',
    what: `${golden.folder}: nothing here verifies cases of the kind '${golden.kind}'`,
    have: golden.what,
    need: kinds.join(', ') || 'a verifier',
    do: 'verify it with the package that computes such cases',
  });
}
