import type { HostTensor } from '@skipstone/core';
import type { GemmaConfig, GemmaRope } from './config.js';

/** A score that leaves nothing of a token, and is finite. */
const NEVER = -1e30;

/** Tables and masks of `tokens` tokens that come after `before` of padding, which nobody sees. */
export function gemmaGiven(
  { headWidth, window, sliding, whole }: GemmaConfig,
  tokens: number,
  before: number,
): Readonly<Record<string, HostTensor>> {
  const angles = (rope: GemmaRope, of: (angle: number) => number): HostTensor => {
    const half = headWidth / 2;
    const data = Float32Array.from({ length: tokens * half }, (_, i) => {
      // float32 as the reference: the angle itself is rounded before its cosine is taken.
      const frequency = Math.fround(
        Math.fround(1 / rope.theta ** ((2 * (i % half)) / headWidth)) / rope.factor,
      );
      return of(Math.fround((before + Math.floor(i / half)) * frequency));
    });
    return { type: 'float32', shape: [tokens, half], data };
  };
  const mask = (behind: number): HostTensor => ({
    type: 'float32',
    shape: [1, tokens, tokens],
    data: Float32Array.from({ length: tokens * tokens }, (_, i) => {
      const [query, key] = [Math.floor(i / tokens), i % tokens];
      return key <= query && query - key < behind ? 0 : NEVER;
    }),
  });
  return {
    'sliding.cos': angles(sliding, Math.cos),
    'sliding.sin': angles(sliding, Math.sin),
    'sliding.mask': mask(window),
    'full.cos': angles(whole, Math.cos),
    'full.sin': angles(whole, Math.sin),
    'full.mask': mask(Number.POSITIVE_INFINITY),
  };
}
