/** Bytes between a box's header and its first child, where that is not 0. */
const BYTES_BEFORE_CHILDREN: Readonly<Record<string, number | undefined>> = {
  /** Version, flags and the number of entries. */
  stsd: 8,
  /** The fields of a VisualSampleEntry (ISO/IEC 14496-12 §12.1.3). */
  avc1: 78,
};

/** What is inside the first box at a path such as `moov/trak/mdia`, or undefined. */
export function findBox(bytes: Uint8Array, path: string): Uint8Array | undefined {
  const [type = '', ...rest] = path.split('/');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + 8 <= bytes.length; ) {
    const length = view.getUint32(offset);
    if (length < 8) return undefined;
    if (String.fromCharCode(...bytes.subarray(offset + 4, offset + 8)) === type) {
      const inside = bytes.subarray(offset + 8, offset + length);
      if (rest.length === 0) return inside;
      return findBox(inside.subarray(BYTES_BEFORE_CHILDREN[type] ?? 0), rest.join('/'));
    }
    offset += length;
  }
  return undefined;
}
