import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { findBox } from './find-box.js';

/** An H.264 stream, one slice NAL unit per picture, without start codes. */
export interface CodedVideo {
  readonly width: number;
  readonly height: number;
  readonly sequence: Uint8Array;
  readonly picture: Uint8Array;
  readonly slices: readonly Uint8Array[];
}

export interface PictureOptions {
  /** Pixels, even, of the 4:2:0 planes. */
  readonly width: number;
  readonly height: number;
  /** H.264 quantisation parameter, the same for all pictures: 10 to 51. */
  readonly quantisation: number;
}

/** Pictures from one key picture to the next, so that a player seeks in steps of a second or two. */
const GROUP_OF_PICTURES = 24;

/**
 * Encodes 4:2:0 planes, one buffer per picture, with minih264 (Constrained Baseline, no B pictures, no
 * threads).
 */
export async function encodePictures(
  pictures: Iterable<Uint8Array>,
  options: PictureOptions,
): Promise<CodedVideo> {
  const { width, height } = options;
  const encoder = await loadEncoder().createH264MP4Encoder();
  encodersMade += 1;
  encoder.outputFilename = `video-${encodersMade}.mp4`;
  encoder.width = width;
  encoder.height = height;
  encoder.quantizationParameter = options.quantisation;
  encoder.groupOfPictures = GROUP_OF_PICTURES;
  encoder.initialize();
  for (const picture of pictures) {
    encoder.addFrameYuv(picture);
    await setImmediate(); // A turn of the event loop, so that Ctrl-C and progress lines work.
  }
  encoder.finalize();
  const container = encoder.FS.readFile(encoder.outputFilename);
  encoder.FS.unlink(encoder.outputFilename);
  encoder.delete();
  // Only the coded pictures are taken: this container has whole frame rates, the time of day, the index last.
  return { width, height, ...parameterSets(container), slices: slicesOf(container) };
}

/** All encoders of the process share one file system in memory, so each file there needs its own name. */
let encodersMade = 0;

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

function parameterSets(container: Uint8Array): Pick<CodedVideo, 'sequence' | 'picture'> {
  const record = findBox(container, 'moov/trak/mdia/minf/stbl/stsd/avc1/avcC') ?? new Uint8Array();
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  // AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): one set of each kind, 16-bit lengths before
  // them.
  const sequence = record.slice(8, 8 + view.getUint16(6));
  const pictureAt = 8 + sequence.length + 3;
  const picture = record.slice(pictureAt, pictureAt + view.getUint16(pictureAt - 2));
  // constraint_set0_flag and constraint_set1_flag: the encoder uses no slice groups, no arbitrary slice
  // order and no redundant pictures. Saying so makes it Constrained Baseline, which hardware decoders
  // accept.
  sequence[2] = (sequence[2] ?? 0) | 0xc0;
  return { sequence, picture };
}

function slicesOf(container: Uint8Array): readonly Uint8Array[] {
  const media = findBox(container, 'mdat') ?? new Uint8Array();
  const view = new DataView(media.buffer, media.byteOffset, media.byteLength);
  const slices: Uint8Array[] = [];
  for (let offset = 0; offset < media.length; offset += 4 + view.getUint32(offset)) {
    slices.push(media.subarray(offset + 4, offset + 4 + view.getUint32(offset)));
  }
  return slices;
}
