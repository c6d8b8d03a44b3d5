/** Red, green and blue, 0 to 255 each. */
export type Palette = readonly (readonly [number, number, number])[];

/** The part of the package `gifenc` used here; the package ships no types. */
export interface Gifenc {
  readonly GIFEncoder: () => GifStream;
  readonly quantize: (
    rgba: Uint8Array,
    mostColours: number,
    options: { readonly format: 'rgb565' },
  ) => Palette;
  readonly applyPalette: (rgba: Uint8Array, palette: Palette, format: 'rgb565') => Uint8Array;
}

export interface GifStream {
  readonly writeFrame: (
    indices: Uint32Array,
    width: number,
    height: number,
    /** `delay` in milliseconds, rounded to hundredths of a second; `repeat` 0 plays for ever. */
    options: { readonly palette: Palette; readonly delay: number; readonly repeat: number },
  ) => void;
  readonly finish: () => void;
  readonly bytes: () => Uint8Array;
}
