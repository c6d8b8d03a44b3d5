import { existsSync } from 'node:fs';
import { type Lora, SkipstoneError } from '@skipstone/core';

/** Refuses a file that is not there where what stands before `=` or behind `:` was meant as a phase or a strength. */
export function assertLoras(flag: string, loras: readonly Lora[]): void {
  for (const { path } of loras) {
    if (existsSync(path)) continue;
    const meant = wrongPhase(path) ?? wrongStrength(path);
    if (meant === undefined) continue;
    throw new SkipstoneError({
      code: 'option-value',
      what: `${flag} ${path}: ${meant}`,
      have: `no file of the name ${path}`,
      need: 'FILE, FILE:STRENGTH or PHASE=FILE:STRENGTH, for example high-noise=style.safetensors:0.8',
      do: 'write the phase as `skipstone plan` does, the strength as a number, or correct the path',
    });
  }
}

function wrongPhase(path: string): string | undefined {
  const phase = /^([^=/\\]+)=/.exec(path)?.[1];
  return phase === undefined ? undefined : `'${phase}' is no name of a phase`;
}

function wrongStrength(path: string): string | undefined {
  const strength = /^.{2,}:([^:/\\]*)$/s.exec(path)?.[1];
  return strength === undefined ? undefined : `'${strength}' is no strength`;
}
