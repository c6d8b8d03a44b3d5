import type { BlockForm } from './form.js';

/** Raised whenever the same checkpoint would give other bytes or other tensors; older files are made anew. */
export const SIDECAR_VERSION = 1;

/** What a sidecar's name says. */
export interface SidecarName extends BlockForm {
  /** Fingerprint of the checkpoint it was made from. */
  readonly fingerprint: string;
  readonly version: number;
}

/** `<fingerprint>.int8.b64.v1.safetensors` */
const PATTERN = /^([0-9a-f]{64})\.int([48])\.b(\d{2,3})\.v(\d{1,4})\.safetensors$/;

export function sidecarName(fingerprint: string, { bits, block }: BlockForm): string {
  return `${fingerprint}.int${bits}.b${block}.v${SIDECAR_VERSION}.safetensors`;
}

/** Reads a name back; `undefined` for files that are not ours, which nothing here ever touches. */
export function parseSidecarName(name: string): SidecarName | undefined {
  const [, fingerprint, bits, block, version] = PATTERN.exec(name) ?? [];
  if (fingerprint === undefined) return undefined;
  return {
    fingerprint,
    bits: bits === '8' ? 8 : 4,
    block: Number(block),
    version: Number(version),
  };
}
