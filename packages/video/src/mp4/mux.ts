import {
  BufferTarget,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  type VideoTrackMetadata,
} from 'mediabunny';
import { colourMatrix } from './colour-matrix.js';
import type { CodedVideo } from './encode-pictures.js';
import { findBox } from './find-box.js';

/**
 * An MP4 file with one H.264 track. The index stands before the media ("fast start"), and no time of day is
 * written: the same video gives the same bytes.
 */
export async function muxMp4(video: CodedVideo, framesPerSecond: number): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target });
  const source = new EncodedVideoPacketSource('avc');
  output.addVideoTrack(source, { frameRate: framesPerSecond });
  await output.start();
  const decoderConfig = decoderConfigOf(video);
  for (const [at, packet] of video.packets.entries()) {
    const timestamp = at / framesPerSecond;
    await source.add(packet.clone({ timestamp, duration: 1 / framesPerSecond }), { decoderConfig });
  }
  await output.finalize();
  return withoutTimeOfDay(new Uint8Array(target.buffer ?? []));
}

function decoderConfigOf({ width, height, configuration }: CodedVideo): DecoderConfig {
  const profileAndLevel = Buffer.from(configuration.subarray(1, 4)).toString('hex');
  return {
    codec: `avc1.${profileAndLevel}`,
    codedWidth: width,
    codedHeight: height,
    description: configuration,
    colorSpace: {
      primaries: 'bt709',
      transfer: 'bt709',
      matrix: colourMatrix(width, height).name,
      fullRange: false,
    },
  };
}

type DecoderConfig = NonNullable<VideoTrackMetadata['decoderConfig']>;

/**
 * Sets the creation and modification times to 0, "not known", because the library always writes the current
 * time. They follow the version and flags of these boxes (ISO/IEC 14496-12 §8.2.2, §8.3.2, §8.4.2), in 64
 * bits each where the version is 1, as it is from 2040 on.
 */
function withoutTimeOfDay(file: Uint8Array): Uint8Array {
  for (const path of ['moov/mvhd', 'moov/trak/tkhd', 'moov/trak/mdia/mdhd']) {
    const header = findBox(file, path);
    header?.fill(0, 4, header[0] === 1 ? 20 : 12);
  }
  return file;
}
