import { open } from 'node:fs/promises';
import {
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  NullTarget,
  Output,
  type VideoTrackMetadata,
} from 'mediabunny';
import type { CodedVideo } from './coded-video.js';
import { colourMatrix } from './colour-matrix.js';
import { findBox } from './find-box.js';

/**
 * Makes an MP4 file with one H.264 track at `to`, a file that is there, a picture at a time. The index stands before the media ("fast
 * start"), and no time of day is written: the same video gives the same bytes.
 */
export async function muxMp4(video: CodedVideo, to: string, framesPerSecond: number): Promise<void> {
  const { type, index, mediaBytes } = await indexOf(video, framesPerSecond);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(header.length + mediaBytes);
  header.write('mdat', 4);
  const begin = type.length + index.length + header.length;
  const file = await open(to, 'r+');
  try {
    for (const part of [type, moved(index, begin), header]) await file.writeFile(part);
    for await (const { data } of video.packets()) await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The boxes before the media, which the library writes around it, and how many bytes it has. */
async function indexOf(video: CodedVideo, framesPerSecond: number) {
  let [type, index, mediaBytes] = [new Uint8Array(), new Uint8Array(), 0];
  const format = new Mp4OutputFormat({
    fastStart: false,
    onFtyp: (data) => {
      type = Uint8Array.from(data);
    },
    onMoov: (data) => {
      index = Uint8Array.from(data);
    },
  });
  const output = new Output({ format, target: new NullTarget() });
  const source = new EncodedVideoPacketSource('avc');
  output.addVideoTrack(source, { frameRate: framesPerSecond });
  await output.start();
  const decoderConfig = decoderConfigOf(video);
  let at = 0;
  for await (const packet of video.packets()) {
    const timestamp = at / framesPerSecond;
    await source.add(packet.clone({ timestamp, duration: 1 / framesPerSecond }), { decoderConfig });
    mediaBytes += packet.data.length;
    at += 1;
  }
  await output.finalize();
  return { type, index: withoutTimeOfDay(index), mediaBytes };
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

/** The index with its chunks where they are once the first one begins at `begin` (ISO/IEC 14496-12 §8.7.5). */
function moved(index: Uint8Array, begin: number): Uint8Array {
  const table = findBox(index, 'moov/trak/mdia/minf/stbl/stco');
  if (!table) throw new Error('the video has 4 GB or more');
  const offsets = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const by = begin - offsets.getUint32(8);
  for (let at = 8; at < table.length; at += 4) offsets.setUint32(at, offsets.getUint32(at) + by);
  return index;
}
