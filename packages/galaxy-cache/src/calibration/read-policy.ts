import { readFile } from 'node:fs/promises';
import { SkipstoneError } from '@skipstone/core';
import { type Policy, parsePolicy } from '../policy/policy-file.js';

/** Reads a policy file. Errors: `policy-file`, where there is none or it is none. */
export async function readPolicy(path: string): Promise<Policy> {
  return parsePolicy(await readJson(path), path);
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new SkipstoneError({
      code: 'policy-file',
      what: `--policy ${path}: this file cannot be read`,
      have: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      need: 'the JSON that skipstone calibrate wrote',
      do: 'check the path',
      cause,
    });
  }
}
