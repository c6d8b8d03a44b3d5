import type { Plugin, Streams } from '@skipstone/core';
import type { Numbers } from '@skipstone/core/testing';

export interface RecordOptions {
  /** Of the plugin. The outermost one sees what guidance gives, an inner one the rows that are computed. */
  readonly name: string;
  /**
   * What to read: `input`, what the model receives; `timestep`, one a token; branches by name; `velocity`, what
   * guidance makes of them.
   */
  readonly names: readonly string[];
  /** The schedule's, a step each. */
  readonly timesteps: readonly number[];
  /** Gets each value, `[A, P]`; timesteps `[N]`. */
  readonly keep: (step: number, name: string, rows: Numbers) => void;
}

/** Reads predictions of every step, and changes nothing. For models of one stream and one clock. */
export const recordPredictions = ({ name: own, names, timesteps, keep }: RecordOptions): Plugin => ({
  name: own,
  contract: 1,
  setup: ({ readBack, spec, rows, pinned, guidance, kernels }) => {
    const read = async (step: number, name: string, streams: Streams): Promise<Streams> => {
      for (const tensor of names.includes(name) ? Object.values(streams) : []) {
        keep(step, name, { shape: tensor.shape, data: await readBack(tensor) });
      }
      return streams;
    };
    const predictions: Record<string, Streams> = {};
    const led = names.includes('velocity') && Object.values(pinned).some((ids) => ids.length > 0);
    return {
      evaluate: async (call, next) => {
        const v = await next(call);
        // The loop leads given tokens to what they are; what guidance made of them is recorded too.
        const { step, sigma, latents } = call;
        const made = () => guidance.combine({ step, sigma, latents, predictions, kernels });
        await read(step, 'velocity', led ? await made() : v);
        return v;
      },
      forward: async (call, next) => {
        const { step, sigma, branch } = call;
        if (branch === call.branches[0]) {
          await read(step, 'input', call.latents);
          const timestep = timesteps[step] ?? Number.NaN;
          const clocks = spec.clockRows?.({ step, timestep, sigma, rows, pinned }) ?? {};
          for (const { values, rowOfToken } of names.includes('timestep') ? Object.values(clocks) : []) {
            const data = Array.from(rowOfToken ?? [], (row) => values[row] ?? Number.NaN);
            keep(step, 'timestep', { shape: [data.length], data });
          }
        }
        predictions[branch] = await next(call);
        return read(step, branch, predictions[branch]);
      },
    };
  },
});
