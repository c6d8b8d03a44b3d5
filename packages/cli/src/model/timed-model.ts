import type { VideoModel } from '@skipstone/core';

/** The same model; `enter` is told when it starts to encode and to decode. */
export function timedModel(
  model: VideoModel,
  enter: (name: 'encode' | 'plan' | 'decode' | 'write') => void,
): VideoModel {
  const { text, codec } = model;
  const many = text?.encodeMany;
  const during = async <T>(
    name: 'encode' | 'decode',
    then: 'plan' | 'write',
    work: () => Promise<T>,
  ): Promise<T> => {
    enter(name);
    const result = await work();
    enter(then);
    return result;
  };
  return {
    ...model,
    ...(text && {
      text: {
        ...text,
        ...(many && { encodeMany: (prompts) => during('encode', 'plan', () => many(prompts)) }),
        encode: (prompt) => during('encode', 'plan', () => text.encode(prompt)),
        encodeEmpty: () => during('encode', 'plan', () => text.encodeEmpty()),
      },
    }),
    ...(codec && {
      codec: { decode: (latents, grid) => during('decode', 'write', () => codec.decode(latents, grid)) },
    }),
  };
}
