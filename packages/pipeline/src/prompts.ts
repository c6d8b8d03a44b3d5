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
}

/** Prompts to condition ports: each different one is encoded once, all of them through a layer before the next. */
export function promptEncoder(options: PromptOptions): PromptEncoder {
  const { encoder, run, clean, empty, ports, examples } = options;
  const encodeMany = async (prompts: readonly (string | undefined)[]): Promise<readonly Ports[]> => {
    const cleaned = prompts.map((prompt) => clean(prompt ?? empty));
    const different = [...new Set(cleaned)];
    const made = await encoder.encode(different, run);
    return Promise.all(
      cleaned.map((prompt) => {
        const text = made[different.indexOf(prompt)];
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
