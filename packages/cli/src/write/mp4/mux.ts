import { type BoxPart, box } from './box.js';
import { colourMatrix } from './colour-matrix.js';
import type { CodedVideo } from './encode-pictures.js';

/**
 * Time units per frame; the time scale is the frame rate times this, so three decimals of the rate are
 * exact.
 */
const UNITS_PER_FRAME = 1000;

/**
 * An MP4 file (ISO/IEC 14496-12, -15) with one H.264 track. The index stands before the media ("fast
 * start"), and no time of day is written: the same video gives the same bytes.
 */
export function muxMp4(video: CodedVideo, framesPerSecond: number): Uint8Array {
  const head = box('ftyp', 'isom', 512, 'isom', 'iso2', 'avc1', 'mp41');
  const timescale = Math.round(framesPerSecond * UNITS_PER_FRAME);
  // The index holds the position of the media behind it, and its length does not depend on that position.
  const mediaAt = head.length + index(video, timescale, 0).length + 8;
  const media = box('mdat', ...video.slices.flatMap((slice) => [slice.length, slice]));
  return concatenated([head, index(video, timescale, mediaAt), media]);
}

function index(video: CodedVideo, timescale: number, mediaAt: number): Uint8Array {
  const duration = video.slices.length * UNITS_PER_FRAME;
  const size = [video.width * 0x10000, video.height * 0x10000];
  const movie = box(
    'mvhd',
    0,
    0,
    0,
    timescale,
    duration,
    0x10000,
    u16(0x100, 0),
    0,
    0,
    ...MATRIX,
    ...ZEROS_6,
    2,
  );
  // Flags 3: the track is enabled and part of the film.
  const track = box('tkhd', 3, 0, 0, 1, 0, duration, 0, 0, 0, 0, ...MATRIX, ...size);
  const media = box(
    'mdia',
    box('mdhd', 0, 0, 0, timescale, duration, u16(UNDETERMINED, 0)),
    box('hdlr', 0, 0, 'vide', 0, 0, 0, 'VideoHandler\0'),
    box(
      'minf',
      box('vmhd', 1, 0, 0),
      box('dinf', box('dref', 0, 1, box('url ', 1))),
      sampleTable(video, mediaAt),
    ),
  );
  return box('moov', movie, box('trak', track, media));
}

/** No rotation, no stretching. */
const MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000] as const;
const ZEROS_6 = [0, 0, 0, 0, 0, 0] as const;
/** The language 'und', five bits a letter. */
const UNDETERMINED = 0x55c4;

function sampleTable(video: CodedVideo, mediaAt: number): Uint8Array {
  const { slices } = video;
  const keys = slices.flatMap((slice, at) => (isKey(slice) ? [at + 1] : []));
  return box(
    'stbl',
    box('stsd', 0, 1, sampleEntry(video)),
    box('stts', 0, 1, slices.length, UNITS_PER_FRAME),
    box('stss', 0, keys.length, ...keys),
    box('stsc', 0, 1, 1, slices.length, 1),
    box('stsz', 0, 0, slices.length, ...slices.map((slice) => slice.length + 4)),
    box('stco', 0, 1, mediaAt),
  );
}

/** nal_unit_type 5: a coded slice of an IDR picture. */
function isKey(slice: Uint8Array): boolean {
  return ((slice[0] ?? 0) & 31) === 5;
}

function sampleEntry({ width, height, sequence, picture }: CodedVideo): Uint8Array {
  const dotsPerInch = 72 * 0x10000;
  const [, profile = 0, constraints = 0, level = 0] = sequence;
  const configuration = box(
    'avcC',
    Uint8Array.of(1, profile, constraints, level, 0xff, 0xe1), // 4-byte lengths, one sequence parameter set
    u16(sequence.length),
    sequence,
    Uint8Array.of(1),
    u16(picture.length),
    picture,
  );
  // BT.709 primaries and transfer, the matrix of `planes`, limited range.
  const colour = box('colr', 'nclx', u16(1, 1, colourMatrix(width, height).code), Uint8Array.of(0));
  const fields: readonly BoxPart[] = [
    ...[0, u16(0, 1), 0, 0, 0, 0], // one data reference
    ...[u16(width, height), dotsPerInch, dotsPerInch, 0, u16(1)],
    ...[new Uint8Array(32), u16(24, 0xffff)], // no compressor name, 24 bits per pixel
  ];
  return box('avc1', ...fields, configuration, colour);
}

function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255]));
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
