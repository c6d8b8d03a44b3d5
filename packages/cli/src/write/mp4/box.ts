/**
 * One part of a box: bytes as they are, text as ASCII, or a number as an unsigned 32-bit big-endian
 * integer.
 */
export type BoxPart = Uint8Array | string | number;

/** An ISO base media box (ISO/IEC 14496-12 §4.2): its length, its four-letter type, its parts. */
export function box(type: string, ...parts: readonly BoxPart[]): Uint8Array {
  const body = parts.map(bytesOf);
  const length = body.reduce((sum, part) => sum + part.length, 8);
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of [bytesOf(length), bytesOf(type), ...body]) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function bytesOf(part: BoxPart): Uint8Array {
  if (typeof part === 'string') return Uint8Array.from(part, (letter) => letter.charCodeAt(0));
  if (typeof part !== 'number') return part;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, part);
  return bytes;
}
