import { nearestName, SkipstoneError } from '@skipstone/core';
import type { z } from 'zod';
import type { Golden } from './golden.js';

/** The fields of a case by a strict schema: an unknown field, or one with an unknown value, is an error. */
export function parseFields<T>(
  golden: Golden,
  schema: z.ZodType<T> & { readonly shape: Readonly<Record<string, unknown>> },
): T {
  const parsed = schema.safeParse(golden.fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = Object.keys(schema.shape);
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0) {
    const [field = ''] = issue.keys;
    throw fieldError(golden, field, 'it is not known', known, `did you mean ${nearestName(field, known)}?`);
  }
  const inner = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...(issue?.path ?? []), ...inner].join('.') || 'the whole';
  throw fieldError(golden, path, issue?.message ?? 'it is refused', known, 'see the form this kind has');
}

function fieldError(
  { folder, kind }: Golden,
  field: string,
  have: string,
  known: readonly string[],
  hint: string,
): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-field',
    what: `${folder}: a field of its case.json is not understood: ${field}`,
    have,
    need: known.length > 0 ? `of the kind '${kind}': ${known.join(', ')}` : `no further field ('${kind}')`,
    do: known.length > 0 ? hint : 'leave it out',
  });
}
