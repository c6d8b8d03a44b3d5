import { readFile } from 'node:fs/promises';
import { jsonOptions, nearestName, SkipstoneError } from '@skipstone/core';
import { z } from 'zod';

/** Options of core, and those of the command that describe a video. `previews` are events nobody sees here. */
const schema = jsonOptions.omit({ previews: true }).extend({
  /** Folder of a model. */
  model: z.string().min(1).optional(),
  /** As `--variant`, `--adapter`, `--fps`, `--distilled` and `--scales`. */
  variant: z.string().min(1).optional(),
  adapter: z.string().min(1).optional(),
  /** Low-rank additions as `--lora` takes them. */
  loras: z.array(z.string().min(1)).optional(),
  fps: z.number().positive().max(1000).optional(),
  distilled: z.boolean().optional(),
  scales: z.record(z.string(), z.record(z.string(), z.number())).optional(),
  /** Plugins as `--plugin` takes them, the first outermost. */
  plugins: z.array(z.string().min(1)).optional(),
  /** As `--policy`, `--speedup`, `--hold-speedup` and `--resample`. */
  policy: z.string().min(1).optional(),
  speedup: z.number().gt(1).max(1000).optional(),
  holdSpeedup: z.boolean().optional(),
  resample: z.boolean().optional(),
  count: z.int().min(1).max(10_000).optional(),
  /** As `--out`. */
  out: z.string().min(1).optional(),
});

export type Config = z.infer<typeof schema>;

/** Reads a config file. Paths in it count from the working directory, as on the command line. */
export async function readConfig(path: string): Promise<Config> {
  const parsed = schema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw unknownKey(path, issue.keys[0] ?? '');
  throw new SkipstoneError({
    code: 'config-file',
    what: `${path}: ${issue?.path.join('.') || 'the file'} does not serve`,
    have: issue?.message ?? 'another value',
    need: 'a JSON object of options, as in skipstone generate --help',
    do: `change ${issue?.path.join('.') || 'the file'}`,
  });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new SkipstoneError({
      code: 'config-file',
      what: `the config file ${path} cannot be read`,
      have: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      need: 'a file of JSON',
      do: 'check its path and its commas',
      cause,
    });
  }
}

function unknownKey(path: string, key: string): SkipstoneError {
  const known = Object.keys(schema.shape);
  return new SkipstoneError({
    code: 'config-file',
    what: `${path}: there is no option ${key}`,
    have: key,
    need: known.join(', '),
    do: `did you mean ${nearestName(key, known)}?`,
  });
}
