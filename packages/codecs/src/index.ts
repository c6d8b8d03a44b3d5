export { openVideoCodec } from './open-codec.js';
export type { CodecOptions, CodecPlan, EncodeVideoOptions, VideoCodec } from './video-codec.js';
