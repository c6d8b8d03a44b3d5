/** The part of the decoder `tinyh264` used in tests to look at coded pictures; the package ships no types. */
declare module 'tinyh264/es/TinyH264.js' {
  const load: () => Promise<object>;

  // biome-ignore lint/style/noDefaultExport: the package exports it so.
  export { load as default };
}

declare module 'tinyh264/es/TinyH264Decoder.js' {
  class Decoder {
    /** `onPicture` is given the 4:2:0 planes with sides rounded up to macroblocks of 16 pixels. */
    constructor(loaded: object, onPicture: (planes: Uint8Array, width: number, height: number) => void);
    /** Takes one NAL unit with its start code. */
    decode(unit: Uint8Array): void;
    release(): void;
  }

  // biome-ignore lint/style/noDefaultExport: the package exports it so.
  export { Decoder as default };
}
