export { type ImageEncoder, openImageEncoder } from './image-encoder.js';
export { cleanPrompt } from './prompt/clean.js';
export {
  type EncodedText,
  type EncodeOptions,
  type OpenTextEncoderOptions,
  openTextEncoder,
  type TextEncoder,
} from './text-encoder.js';
export { type Tokens, tokenize } from './tokens/tokenizer.js';
