/** The part of the package used in tests to read GIF files back; the package ships no types. */
declare module 'omggif' {
  export class GifReader {
    constructor(file: Uint8Array);
    readonly width: number;
    readonly height: number;
    numFrames(): number;
    /** 0 means for ever, null once. */
    loopCount(): number | null;
    /** `delay` in hundredths of a second. */
    frameInfo(index: number): { readonly delay: number };
    decodeAndBlitFrameRGBA(index: number, rgba: Uint8Array): void;
  }
}
