import type { Lora } from '@skipstone/core';

/** A name of a phase before `=`, and a number behind the last colon. */
const LORA = /^(?:([a-z]+(?:-[a-z]+)*)=)?(.+?)(?::([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))?$/s;

/** `file`, `file:0.8`, `high-noise=file:0.8`. Other colons and equals signs are the file's own. */
export function readLora(text: string): Lora {
  const [, phase, path = text, strength] = LORA.exec(text) ?? [];
  return {
    path,
    ...(strength === undefined ? {} : { strength: Number(strength) }),
    ...(phase === undefined ? {} : { phase }),
  };
}
