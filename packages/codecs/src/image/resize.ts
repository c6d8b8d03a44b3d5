import type { Picture } from './picture.js';

export type Filter = 'lanczos' | 'bicubic' | 'bilinear';

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const FILTERS: Readonly<Record<Filter, { readonly reach: number; of(x: number): number }>> = {
  lanczos: { reach: 3, of: (x) => (x > -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  bicubic: { reach: 2, of: (x) => cubic(Math.abs(x)) },
  bilinear: { reach: 1, of: (x) => Math.max(0, 1 - Math.abs(x)) },
};

/** Keys' cubic with a = −½. */
function cubic(x: number): number {
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

/** Bits behind the point of Pillow's weights for pictures of bytes. */
const BITS = 22;

/**
 * A picture in another size, to the byte as Pillow's `Image.resize` makes it: first across, then down, each a sum with
 * weights in whole numbers, rounded to bytes between. Models were trained on such pictures.
 * Source: Pillow's Resample.c.
 */
export function resize(picture: Picture, width: number, height: number, filter: Filter): Picture {
  const across = picture.width === width ? picture : turned(stretched(turned(picture), width, filter));
  return across.height === height ? across : stretched(across, height, filter);
}

/** Down: rows of the new picture are sums of rows. */
function stretched({ width, height, rgb }: Picture, to: number, filter: Filter): Picture {
  const { reach, of } = FILTERS[filter];
  const scale = height / to;
  const wide = Math.max(scale, 1);
  const made = new Uint8Array(width * to * 3);
  const row = width * 3;
  for (let y = 0; y < to; y++) {
    const centre = (y + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * wide + 0.5));
    const end = Math.min(height, Math.trunc(centre + reach * wide + 0.5));
    const plain = Array.from({ length: end - first }, (_, k) => of((k + first - centre + 0.5) / wide));
    const sum = plain.reduce((a, b) => a + b, 0);
    const weights = plain.map((value) => {
      const whole = (sum === 0 ? value : value / sum) * 2 ** BITS;
      return Math.trunc(whole < 0 ? whole - 0.5 : whole + 0.5);
    });
    for (let i = 0; i < row; i++) {
      let total = 2 ** (BITS - 1);
      for (const [k, weight] of weights.entries()) total += weight * (rgb[(first + k) * row + i] ?? 0);
      made[y * row + i] = Math.min(255, Math.max(0, Math.floor(total / 2 ** BITS)));
    }
  }
  return { width, height: to, rgb: made };
}

/** Rows become columns. */
function turned({ width, height, rgb }: Picture): Picture {
  const made = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) made[(x * height + y) * 3 + c] = rgb[(y * width + x) * 3 + c] ?? 0;
    }
  }
  return { width: height, height: width, rgb: made };
}
