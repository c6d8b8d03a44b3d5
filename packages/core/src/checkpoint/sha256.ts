/** SHA-256 of a text or of bytes, as 64 hexadecimal digits. */
export async function sha256(of: string | ArrayBufferView): Promise<string> {
  const bytes = typeof of === 'string' ? new TextEncoder().encode(of) : bytesOf(of);
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The bytes of a view; copied where other threads share them, which a digest does not read. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}
