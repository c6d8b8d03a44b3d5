export { chunkOf, joined } from './frames.js';
export { clipPixels } from './image/clip-pixels.js';
export { centreCrop, type Picture, toSigned, toTensor } from './image/picture.js';
export { readImage } from './image/read-image.js';
export { type Filter, resize } from './image/resize.js';
export { openVideoCodec } from './open-codec.js';
export { type AudioCodec, type DecodedSound, openAudioCodec } from './sound/audio-codec.js';
export type { Sound } from './sound/vocoder.js';
export type { CodecOptions, CodecPlan, EncodeVideoOptions, Posterior, VideoCodec } from './video-codec.js';
