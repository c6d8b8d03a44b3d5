import { type EncodedPacket, EncodedPacketSink, FilePathSource, Input, MP4 } from 'mediabunny';

/** An H.264 stream. */
export interface CodedVideo {
  readonly width: number;
  readonly height: number;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): profile, level, both parameter sets. */
  readonly configuration: Uint8Array;
  /** One per picture, a slice NAL unit with its length before it, from the first on. Their times mean nothing. */
  packets(): AsyncIterable<EncodedPacket>;
}

/**
 * Lends the coded pictures of the encoder's container, read as they are asked for. Nothing else of it is taken: it has
 * whole frame rates, the time of day, the index last, and marks every picture as a key picture.
 */
export async function withCodedVideo<T>(path: string, use: (video: CodedVideo) => Promise<T>): Promise<T> {
  const input = new Input({ source: new FilePathSource(path), formats: [MP4] });
  try {
    const track = await input.getPrimaryVideoTrack();
    const description = (await track?.getDecoderConfig())?.description;
    if (!track || !(description instanceof Uint8Array)) throw new Error('the encoder wrote no H.264 track');
    return await use({
      width: await track.getCodedWidth(),
      height: await track.getCodedHeight(),
      configuration: constrained(description),
      packets: () => new EncodedPacketSink(track).packets(undefined, undefined, { verifyKeyPackets: true }),
    });
  } finally {
    input.dispose();
  }
}

/**
 * constraint_set0_flag and constraint_set1_flag, in the record and in its sequence parameter set: the encoder
 * uses no slice groups, no arbitrary slice order and no redundant pictures. Saying so makes it Constrained
 * Baseline, which hardware decoders accept.
 */
function constrained(configuration: Uint8Array): Uint8Array {
  return configuration.map((byte, at) => (at === 2 || at === 10 ? byte | 0xc0 : byte));
}
