/** Decoded video in host memory, ready to be written to a file. */
export interface Frames {
  /** Pixels in a row, 1 or more. */
  readonly width: number;
  /** Rows in a frame, 1 or more. */
  readonly height: number;
  /** Frames shown per second, 0.1 to 1000; fractions such as 23.976 are kept to three decimals. */
  readonly framesPerSecond: number;
  /** One buffer per frame: width * height * 4 bytes, row by row from the top, red green blue alpha. */
  readonly rgba: readonly Uint8ClampedArray[];
}
