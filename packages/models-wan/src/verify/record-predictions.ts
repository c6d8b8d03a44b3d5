import type { Plugin, Streams } from '@skipstone/core';
import type { Numbers } from '@skipstone/core/testing';

export interface RecordOptions {
  /** Of the plugin. The outermost one sees what guidance gives, an inner one the rows that are computed. */
  readonly name: string;
  /** What to read: `velocity`, the guided prediction, and branches by name. */
  readonly names: readonly string[];
  /** Gets each value, `[A, P]`. */
  readonly keep: (step: number, name: string, rows: Numbers) => void;
}

/** Reads predictions of every step, and changes nothing. For models of one stream. */
export const recordPredictions = ({ name: own, names, keep }: RecordOptions): Plugin => ({
  name: own,
  contract: 1,
  setup: ({ readBack }) => {
    const read = async (step: number, name: string, streams: Streams): Promise<Streams> => {
      for (const tensor of names.includes(name) ? Object.values(streams) : []) {
        keep(step, name, { shape: tensor.shape, data: await readBack(tensor) });
      }
      return streams;
    };
    return {
      evaluate: async (call, next) => read(call.step, 'velocity', await next(call)),
      forward: async (call, next) => read(call.step, call.branch, await next(call)),
    };
  },
});
