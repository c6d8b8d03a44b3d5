import { existsSync } from 'node:fs';
import type { Lora } from '@skipstone/core';

/** A number behind the last colon. */
const STRENGTH = /^(.+?):([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/s;
/** A name of a phase before `=`. */
const PHASE = /^([a-z]+(?:-[a-z]+)*)=(.+)$/s;

/**
 * `file`, `file:0.8`, `high-noise=file:0.8`. Other colons and equals signs are the file's own, and so are all of them
 * where a file of that name is there.
 */
export function readLora(text: string): Lora {
  if (existsSync(text)) return { path: text };
  const [, named = text, strength] = STRENGTH.exec(text) ?? [];
  const [, phase, path = named] = existsSync(named) ? [] : (PHASE.exec(named) ?? []);
  return {
    path,
    ...(strength === undefined ? {} : { strength: Number(strength) }),
    ...(phase === undefined ? {} : { phase }),
  };
}
