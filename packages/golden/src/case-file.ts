import { SkipstoneError, strictJson } from '@skipstone/core';
import { z } from 'zod';

/** Deepest nesting of a case or config: guidance per stream and term, options of a branch. */
const DEPTH = 8;

/** Types as the reference names them, with those of safetensors. */
export const DTYPES: Readonly<Record<string, string>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

const tensor = z.tuple([
  z.string().refine((type) => Object.hasOwn(DTYPES, type), 'an unknown type'),
  z.array(z.int().min(0)).max(8),
]);

/** The fields that every kind has. What else a case holds is its verifier's to check. */
const common = z.looseObject({
  what: z.string().min(1),
  kind: z.string().min(1),
  reference: z.record(z.string(), z.string()),
  seed: z.int(),
  tensors: z.record(z.string().regex(/^[A-Za-z0-9_.]+$/, 'a name of letters, digits, _ and .'), tensor),
});

export type CaseFile = z.infer<typeof common>;

/** Ids of a tokenizer: a list of texts instead of tensors. */
const tokens = z
  .looseObject({
    kind: z.literal('tokens'),
    name: z.string().min(1),
    note: z.string(),
    reference: z.string(),
  })
  .transform(({ reference, ...more }) => ({
    ...more,
    what: `${more.name}: ${more.note}`,
    reference: { tokenizers: reference },
    seed: 0,
    tensors: {},
  }));

/** Reads a `case.json`. */
export function parseCase(text: string, path: string): CaseFile {
  const json = parseObject(text, path);
  const parsed = (json.kind === 'tokens' ? tokens : common).safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SkipstoneError({
    code: 'golden-case',
    what: `${path}: this does not describe a golden case`,
    have: `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
    need: 'what, kind, reference, seed and tensors (name → [type, shape])',
    do: 'record the case again, or restore its case.json',
  });
}

/** A JSON object, each key once. */
export function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
  const parsed = strictJson(text, DEPTH);
  if ('fault' in parsed) throw notJson(path, `JSON that ${parsed.fault}`);
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notJson(path, Array.isArray(value) ? 'a list' : `${value}`);
  }
  // What a case says is shown on a terminal, which obeys control characters.
  if (textsOf(value).some((one) => /(?![\t\n\r])\p{Cc}/u.test(one)))
    throw notJson(path, 'text with control characters');
  return Object.fromEntries(Object.entries(value));
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

function notJson(path: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-case',
    what: `${path}: it cannot be read`,
    have,
    need: 'one JSON object of plain text, each key once',
    do: 'restore the file',
  });
}
