import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { H264MP4Encoder } from 'h264-mp4-encoder';

export interface PictureOptions {
  /** Pixels, even, of the 4:2:0 planes. */
  readonly width: number;
  readonly height: number;
  /** H.264 quantisation parameter, the same for all pictures: 10 to 51. */
  readonly quantisation: number;
}

/** Takes pictures one at a time; what is coded of them goes to the disk. */
export interface PictureEncoder {
  /** 4:2:0 planes. */
  add(planes: Uint8Array): void;
  /** Completes the file, or gives it up; releases the encoder. Only the first call does something. */
  end(): void;
}

/** Pictures from one key picture to the next, so that a player seeks in steps of a second or two. */
const GROUP_OF_PICTURES = 24;

/**
 * Encodes with minih264 (Constrained Baseline, no B pictures, no threads) into a container at `path`, a file that is there, of which only
 * the coded pictures are any good: see `muxMp4`.
 */
export async function openPictureEncoder(path: string, options: PictureOptions): Promise<PictureEncoder> {
  const encoder = await loadEncoder().createH264MP4Encoder();
  encodersMade += 1;
  encoder.outputFilename = `video-${encodersMade}.mp4`;
  encoder.width = options.width;
  encoder.height = options.height;
  encoder.quantizationParameter = options.quantisation;
  encoder.groupOfPictures = GROUP_OF_PICTURES;
  encoder.initialize();
  const descriptor = openSync(path, 'r+');
  let open = true;
  keepOnDisk(encoder, descriptor);
  return {
    add: (planes) => encoder.addFrameYuv(planes),
    end: () => {
      if (!open) return;
      open = false;
      try {
        encoder.finalize();
        encoder.FS.unlink(encoder.outputFilename);
        encoder.delete();
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** All encoders of the process share one file system in memory, so each file there needs its own name. */
let encodersMade = 0;

/** What emscripten calls to read and write a file that is open. */
interface StreamOperations {
  readonly read: (stream: object, into: Int8Array, at: number, length: number, position: number) => number;
  readonly write: StreamOperations['read'];
}

/** The encoder's file lies in memory, where it would grow with the video: reads and writes go to a real one instead. */
function keepOnDisk({ FS, outputFilename }: H264MP4Encoder, descriptor: number): void {
  const { streams } = FS as unknown as { readonly streams: readonly (Record<string, unknown> | null)[] };
  const stream = streams.find((one) => one?.path === `/${outputFilename}`);
  // The package's code is minified: the operations are known by what they do.
  const [name] = Object.entries(stream ?? {}).find(([, value]) => isOperations(value)) ?? [];
  if (!stream || name === undefined)
    throw new TypeError('the encoder keeps its file otherwise than expected');
  writeSync(descriptor, FS.readFile(outputFilename));
  stream[name] = {
    ...(stream[name] as StreamOperations),
    read: (_, into, at, length, position) => readSync(descriptor, into, at, length, position),
    write: (_, from, at, length, position) => writeSync(descriptor, from, at, length, position),
  } satisfies StreamOperations;
}

function isOperations(value: unknown): value is StreamOperations {
  const { read, write } = (value ?? {}) as Partial<StreamOperations>;
  return typeof read === 'function' && typeof write === 'function';
}

type EncoderModule = typeof import('h264-mp4-encoder');

/**
 * Loading the package adds process-wide handlers that turn any unhandled rejection into an abort of the
 * encoder; they are taken off again. `require` is synchronous, so nobody else's handler can be mistaken for
 * one of them.
 */
function loadEncoder(): EncoderModule {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as NodeJS.Signals));
  const encoder = createRequire(import.meta.url)('h264-mp4-encoder') as EncoderModule;
  events.forEach((event, index) => {
    for (const listener of process.listeners(event as NodeJS.Signals)) {
      if (before[index]?.includes(listener) !== true) process.removeListener(event, listener);
    }
  });
  return encoder;
}
