import type { Plugin, Streams } from '@skipstone/core';

/** Writes down what is predicted, video only, by step and branch; the guided prediction is of branch `guided`. */
export function recorder(): { readonly plugin: Plugin; readonly of: Map<string, Float32Array> } {
  const of = new Map<string, Float32Array>();
  const plugin: Plugin = {
    name: 'recorder',
    contract: 1,
    setup: ({ readBack }) => {
      const record = async (key: string, out: Streams): Promise<Streams> => {
        const { video } = out;
        if (video) of.set(key, Float32Array.from(await readBack(video)));
        return out;
      };
      return {
        evaluate: async (call, next) => record(`${call.step} guided`, await next(call)),
        forward: async (call, next) => record(`${call.step} ${call.branch}`, await next(call)),
      };
    },
  };
  return { plugin, of };
}
