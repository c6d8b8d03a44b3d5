/**
 * The character map of a SentencePiece tokenizer, exactly: the library behind `tokenizer.json` takes Unicode's NFKC in its
 * place, which differs for letters beyond the basic plane and for several marks on a letter. A map is a trie in two arrays
 * over UTF-8, and the texts it leads to. Source: the spm_precompiled crate, darts-clone.
 */
export function precompiledMap(base64: string): (text: string) => string {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const view = new DataView(bytes.buffer);
  const trieBytes = view.getUint32(0, true);
  if (trieBytes % 4 !== 0 || trieBytes + 4 > bytes.length)
    throw new RangeError('a character map of another form');
  const unitAt = (at: number): number => (4 * at < trieBytes ? view.getUint32(4 + 4 * at, true) : 0);
  const texts = bytes.subarray(4 + trieBytes);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();

  /** What the shortest part of a piece that the map knows becomes. */
  const found = (piece: string): string | undefined => {
    let at = offsetOf(unitAt(0));
    for (const byte of encoder.encode(piece)) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = unitAt(at);
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      at ^= offsetOf(unit);
      if (((unit >>> 8) & 1) === 1) return textFrom(unitAt(at) & 0x7fffffff);
    }
    return undefined;
  };
  const textFrom = (from: number): string => {
    const end = texts.indexOf(0, from);
    return decoder.decode(texts.subarray(from, end === -1 ? texts.length : end));
  };
  const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });
  return (text) => {
    let all = '';
    for (const { segment } of letters.segment(text)) {
      const whole = encoder.encode(segment).length < LONG_BYTES ? found(segment) : undefined;
      all += whole ?? [...segment].map((character) => found(character) ?? character).join('');
    }
    return all;
  };
}

/** A letter with its marks of so many bytes is looked up piece by piece. */
const LONG_BYTES = 6;

const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
