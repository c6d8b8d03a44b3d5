import type { ChainSettings, HostTensor, PromptEncoder } from '@skipstone/core';
import type { EncodedText, TextEncoder } from '@skipstone/encoders';

type Ports = Readonly<Record<string, HostTensor>>;

export interface PromptOptions {
  readonly encoder: TextEncoder;
  readonly run: ChainSettings & { readonly threads?: number };
  clean(prompt: string): string;
  /** What stands for no negative prompt. */
  readonly empty: string;
  /** The transformer's condition ports of an encoded prompt. */
  ports(text: EncodedText): Promise<Ports>;
  readonly examples: readonly string[];
  /** Encoded prompts by what they were encoded from; those of the disk. */
  readonly cache?: PromptStore | undefined;
}

/** Where encoded prompts are kept. */
export interface PromptStore {
  read(prompt: string): Promise<EncodedText | undefined>;
  write(prompt: string, text: EncodedText): Promise<void>;
}

/** Prompts to condition ports: what was encoded already is not encoded again, the rest goes through the encoder at once. */
export function promptEncoder(options: PromptOptions): PromptEncoder {
  const { encoder, run, clean, empty, ports, examples, cache } = options;
  const encodeMany = async (prompts: readonly (string | undefined)[]): Promise<readonly Ports[]> => {
    const cleaned = prompts.map((prompt) => clean(prompt ?? empty));
    const known = new Map<string, EncodedText>();
    for (const prompt of new Set(cleaned)) {
      const found = await cache?.read(prompt);
      if (found) known.set(prompt, found);
    }
    const missing = [...new Set(cleaned)].filter((prompt) => !known.has(prompt));
    const made = missing.length === 0 ? [] : await encoder.encode(missing, run);
    for (const [i, text] of made.entries()) {
      const prompt = missing[i] ?? '';
      known.set(prompt, text);
      await cache?.write(prompt, text);
    }
    return Promise.all(
      cleaned.map((prompt) => {
        const text = known.get(prompt);
        if (!text) throw new TypeError('every prompt was encoded');
        return ports(text);
      }),
    );
  };
  const one = async (prompt: string | undefined): Promise<Ports> => {
    const [made] = await encodeMany([prompt]);
    if (!made) throw new TypeError('a prompt was encoded');
    return made;
  };
  return { rows: encoder.maxTokens, encodeMany, encode: one, encodeEmpty: () => one(undefined), examples };
}
