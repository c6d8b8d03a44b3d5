import {
  assertKnownOptions,
  type ChainPlan,
  type ChainRun,
  type ChainSettings,
  type Checkpoint,
  type HostTensor,
  type OpenChain,
  openPart,
  planChain,
  type RunChainOptions,
  runChains,
} from '@skipstone/core';
import type { EncoderKind } from './encoder-kind.js';
import { openGemma } from './gemma/open.js';
import { openT5 } from './t5/open.js';
import { type Tokens, tokenize } from './tokens/tokenizer.js';

export interface OpenTextEncoderOptions {
  /** The pipeline's folder, that of the encoder, or its file. */
  readonly weights: string;
  /** Folder of `tokenizer.json`. Default: `tokenizer` beside the encoder's folder. */
  readonly tokenizer?: string;
  /** Rows of an encoded prompt; what is longer is cut off. Default 512, Gemma 1024. */
  readonly maxTokens?: number;
  readonly variant?: string | undefined;
}

/** An encoded prompt. */
export interface EncodedText {
  /** `[maxTokens, D]`, or of Gemma the states of all layers, `[maxTokens, D, layers + 1]`. Rows of padding are zero. */
  readonly values: HostTensor;
  /** Rows `first` to `first + count` are the prompt's; the others are padding. */
  readonly first: number;
  readonly count: number;
}

/** The text encoder of a video model: its tokenizer and its layers, a layer at a time in memory. */
export interface TextEncoder {
  readonly kind: 't5' | 'umt5' | 'gemma3';
  readonly name: string;
  /** Rows of an encoded prompt. */
  readonly maxTokens: number;
  /** D. */
  readonly width: number;
  /** Tells its weights apart. */
  readonly fingerprint: string;
  readonly chain: OpenChain;
  tokenize(texts: readonly string[]): Promise<readonly Tokens[]>;
  /** What encoding so many tokens takes; refuses what does not fit. Loads nothing. */
  plan(tokens: number, settings: ChainSettings): ChainPlan;
  /** Each prompt has the bytes that it has alone; all go through a layer before the next is read. */
  encode(texts: readonly string[], options: EncodeOptions): Promise<readonly EncodedText[]>;
  encodeTokens(ids: readonly (readonly number[])[], options: EncodeOptions): Promise<readonly EncodedText[]>;
}

export interface EncodeOptions extends ChainSettings, Omit<RunChainOptions, 'watch'> {}

/** Opens the text encoder of a folder; its kind is what `config.json` says. Reads headers and configurations only. */
export async function openTextEncoder(options: OpenTextEncoderOptions): Promise<TextEncoder> {
  assertKnownOptions('openTextEncoder', options, ['weights', 'tokenizer', 'maxTokens', 'variant']);
  const { json, origin, folder, checkpoint } = await openPart('text_encoder', options.weights, {
    code: 'encoder-config',
    part: 'text encoder',
    need: 'T5, UMT5 or Gemma 3',
    variant: options.variant,
  });
  const kind = await encoderOf(json, origin, checkpoint);
  return textEncoder(kind, {
    maxTokens: options.maxTokens ?? kind.maxTokens,
    tokenizer: options.tokenizer ?? `${folder}/../tokenizer`,
  });
}

/** The encoder that a configuration describes, on its weights. */
export function encoderOf(json: unknown, origin: string, checkpoint: Checkpoint): Promise<EncoderKind> {
  const fields = json as Readonly<Record<string, unknown>> | null;
  const named = [fields?._class_name, fields?.model_type, fields?.architectures].flat().join(' ');
  return /gemma/i.test(named) ? openGemma(json, origin, checkpoint) : openT5(json, origin, checkpoint);
}

/** An encoder of prompts, of what its kind brings. */
export function textEncoder(
  kind: EncoderKind,
  { maxTokens, tokenizer }: { readonly maxTokens: number; readonly tokenizer: string },
): TextEncoder {
  const { chain, width, padsLeft, all } = kind;
  const plan = (tokens: number, settings: ChainSettings): ChainPlan =>
    planChain(chain, [tokens, width], settings);
  const encodeTokens: TextEncoder['encodeTokens'] = async (prompts, { device, memoryBytes, ...run }) => {
    const settings = { device, memoryBytes };
    const states = prompts.map((): HostTensor[] => []);
    const runs = await Promise.all(
      prompts.map(async (ids, i): Promise<ChainRun> => {
        const input = await kind.embed(ids);
        states[i]?.push(input);
        const before = padsLeft ? maxTokens - ids.length : 0;
        return { plan: plan(ids.length, settings), input, given: await kind.given(ids.length, before) };
      }),
    );
    const watch = (_: string, made: HostTensor, i: number): void => void states[i]?.push(made);
    const made = await runChains(runs, { ...run, ...(all && { watch }) });
    return made.map((last, i) => {
      const count = last.shape[0] ?? 0;
      const first = padsLeft ? maxTokens - count : 0;
      return { values: padded(all ? (states[i] ?? []) : [last], maxTokens, first), first, count };
    });
  };
  return {
    ...{ kind: kind.kind, name: kind.name, maxTokens, width, chain },
    fingerprint: chain.checkpoint.fingerprint,
    tokenize: (texts) => tokenize(tokenizer, texts, maxTokens),
    plan,
    encodeTokens,
    encode: async (texts, run) =>
      encodeTokens(
        (await tokenize(tokenizer, texts, maxTokens)).map(({ ids }) => ids),
        run,
      ),
  };
}

/** States `[S, D]` as one tensor with rows of zeros around, states fastest where there are several. */
function padded(states: readonly HostTensor[], rows: number, first: number): HostTensor {
  const [, width = 0] = states[0]?.shape ?? [];
  const data = new Float32Array(rows * width * states.length);
  states.forEach((state, k) => {
    const from = first * width;
    (state.data as Float32Array).forEach((value, i) => {
      data[(from + i) * states.length + k] = value;
    });
  });
  return { type: 'float32', shape: states.length === 1 ? [rows, width] : [rows, width, states.length], data };
}
