import type { HostTensor, OpenChain } from '@skipstone/core';

/** What a kind of encoder adds to its chain. */
export interface EncoderKind {
  readonly kind: 't5' | 'umt5' | 'gemma3';
  readonly name: string;
  readonly width: number;
  readonly chain: OpenChain;
  /** Padding stands before the prompt. */
  readonly padsLeft: boolean;
  /** The states of all layers are wanted. */
  readonly all: boolean;
  readonly maxTokens: number;
  embed(ids: readonly number[]): Promise<HostTensor>;
  given(tokens: number, before: number): Promise<Readonly<Record<string, HostTensor>>>;
}
