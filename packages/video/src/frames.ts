/** What all frames of a video have in common. */
export interface FrameSize {
  /** Pixels in a row, 1 or more. */
  readonly width: number;
  /** Rows in a frame, 1 or more. */
  readonly height: number;
  /** Frames shown per second, 0.1 to 1000; fractions such as 23.976 are kept to three decimals. */
  readonly framesPerSecond: number;
}

/** Decoded video in host memory, ready to be written to a file. */
export interface Frames extends FrameSize {
  /** One buffer per frame: width * height * 4 bytes, row by row from the top, red green blue alpha. */
  readonly rgba: readonly Uint8ClampedArray[];
}

/** Takes the frames of a video one at a time, in their order: the next when the one before has resolved. */
export interface FrameSink {
  /** width * height * 4 bytes, row by row from the top, red green blue alpha; not to be changed until the end. */
  add(rgba: Uint8ClampedArray): Promise<void>;
  /** Completes what is written. */
  close(): Promise<void>;
  /** Gives it up and leaves nothing behind; after `close` there is nothing left to do. */
  abandon(): Promise<void>;
}
