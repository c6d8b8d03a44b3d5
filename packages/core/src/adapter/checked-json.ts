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
