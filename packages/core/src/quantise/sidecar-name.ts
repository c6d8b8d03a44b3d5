import type { BlockForm } from './form.js';

/** Raised whenever the same checkpoint would give other bytes or other tensors; older files are made anew. */
export const SIDECAR_VERSION = 1;

/** What a sidecar's name says. */
export interface SidecarName {
  /** Fingerprint of the checkpoint it was made from. */
  readonly fingerprint: string;
  /** Of its weights: `bf16`, or `8-bit, block 64`. */
  readonly form: string;
  readonly version: number;
}

/** `<fingerprint>.int8.b64.v1.safetensors` or `<fingerprint>.bf16.v1.safetensors` */
const PATTERN = /^([0-9a-f]{64})\.(?:int([48])\.b(\d{2,3})|bf16)\.v(\d{1,4})\.safetensors$/;

export function sidecarName(fingerprint: string, form: BlockForm | 'bf16'): string {
  const named = form === 'bf16' ? form : `int${form.bits}.b${form.block}`;
  return `${fingerprint}.${named}.v${SIDECAR_VERSION}.safetensors`;
}

/** Reads a name back; `undefined` for files that are not ours, which nothing here ever touches. */
export function parseSidecarName(name: string): SidecarName | undefined {
  const [, fingerprint, bits, block, version] = PATTERN.exec(name) ?? [];
  if (fingerprint === undefined) return undefined;
  return {
    fingerprint,
    form: bits === undefined ? 'bf16' : `${bits}-bit, block ${block}`,
    version: Number(version),
  };
}
