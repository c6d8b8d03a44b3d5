/** How red, green and blue become luma and chroma (ITU-T H.273 §8.3, equations 38 to 40). */
export interface ColourMatrix {
  /** As WebCodecs names it. */
  readonly name: 'bt709' | 'smpte170m';
  /** Weight of red in luma. */
  readonly red: number;
  /** Weight of blue in luma; green has the rest. */
  readonly blue: number;
}

const BT601: ColourMatrix = { name: 'smpte170m', red: 0.299, blue: 0.114 };
const BT709: ColourMatrix = { name: 'bt709', red: 0.2126, blue: 0.0722 };

/**
 * BT.601 for small pictures, BT.709 from 1280 columns or 577 rows on. Players that do not read the matrix
 * from the file guess it from the size in this way, so the colours are right in those too.
 */
export function colourMatrix(width: number, height: number): ColourMatrix {
  return width >= 1280 || height > 576 ? BT709 : BT601;
}
