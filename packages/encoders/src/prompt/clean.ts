import { decodeHTML } from 'entities';
import { repaired } from './repaired.js';

/**
 * A prompt as Wan's pipelines clean it before the tokenizer sees it: broken text repaired, HTML entities resolved twice,
 * blanks of any kind made one. Source: `prompt_clean` of diffusers' Wan pipelines.
 */
export function cleanPrompt(text: string): string {
  const plain = decodeHTML(decodeHTML(repaired(text))).trim();
  return plain.replace(/\s+/gu, ' ').trim();
}
