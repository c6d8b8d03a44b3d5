import type { z } from 'zod';
import { SkipstoneError } from '../error.js';

/** JSON of the shape a schema asks for, or an error whose `have` names the first field that is not. */
export function checkedJson<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  lines: Readonly<Record<'code' | 'what' | 'need' | 'do', string>>,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const have = `${issue?.path.join('.') || 'the file'}: ${issue?.message}`;
  throw new SkipstoneError({ ...lines, have });
}

/**
 * The same for the `config.json` of a model, whose schema names every field there is (`z.strictObject`): a field that it
 * does not name may change the arithmetic, so it is an error. What says nothing about arithmetic is left out first: names
 * that begin with `_` (diffusers' version, where it was loaded from) but `_class_name`, and the type of the weights.
 */
export function checkedConfig<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  lines: Parameters<typeof checkedJson>[2],
): z.infer<Schema> {
  return checkedJson(schema, isRecord(json) ? withoutNotes(json) : json, lines);
}

const isRecord = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const withoutNotes = (json: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(json).filter(([name]) => !isNote(name)));

const isNote = (name: string): boolean =>
  (name.startsWith('_') && name !== '_class_name') || name === 'torch_dtype' || name === 'dtype';
