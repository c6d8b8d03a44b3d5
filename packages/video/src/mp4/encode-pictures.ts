import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { BufferSource, type EncodedPacket, EncodedPacketSink, Input, MP4 } from 'mediabunny';

/** An H.264 stream. */
export interface CodedVideo {
  readonly width: number;
  readonly height: number;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): profile, level, both parameter sets. */
  readonly configuration: Uint8Array;
  /** One per picture, a slice NAL unit with its length before it. Their times mean nothing. */
  readonly packets: readonly EncodedPacket[];
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
  return { width, height, ...(await codedParts(container)) };
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

/**
 * Only the coded pictures are taken from the encoder's container: it has whole frame rates, the time of day,
 * the index last, and marks every picture as a key picture.
 */
async function codedParts(container: Uint8Array): Promise<Pick<CodedVideo, 'configuration' | 'packets'>> {
  const track = await new Input({
    source: new BufferSource(container),
    formats: [MP4],
  }).getPrimaryVideoTrack();
  const description = (await track?.getDecoderConfig())?.description;
  if (!track || !(description instanceof Uint8Array)) throw new Error('the encoder wrote no H.264 track');
  const packets: EncodedPacket[] = [];
  const sink = new EncodedPacketSink(track);
  for await (const packet of sink.packets(undefined, undefined, { verifyKeyPackets: true })) {
    packets.push(packet);
  }
  return { configuration: constrained(description), packets };
}

/**
 * constraint_set0_flag and constraint_set1_flag, in the record and in its sequence parameter set: the encoder
 * uses no slice groups, no arbitrary slice order and no redundant pictures. Saying so makes it Constrained
 * Baseline, which hardware decoders accept.
 */
function constrained(configuration: Uint8Array): Uint8Array {
  return configuration.map((byte, at) => (at === 2 || at === 10 ? byte | 0xc0 : byte));
}
