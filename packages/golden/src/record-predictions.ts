import type { Plugin, Streams } from '@skipstone/core';
import type { Numbers } from './golden.js';

export interface RecordOptions {
  /** Of the plugin. The outermost one sees what guidance gives, an inner one the rows that are computed. */
  readonly name?: string;
  /**
   * What to read: `input`, what the model receives; `timestep`, one a token; branches by name; `velocity`, what
   * guidance makes of them; `x0`, the clean latents that the sampler is led to.
   */
  readonly names: readonly string[];
  /** The schedule's, a step each. */
  readonly timesteps: readonly number[];
  /** Gets each value, `[A, P]`, and its stream; timesteps `[N]`, and that of their clock. */
  readonly keep: (step: number, name: string, rows: Numbers, stream: string) => void;
}

/** Reads predictions of every step, and changes nothing. */
export const recordPredictions = ({
  name: plugin = 'record-predictions',
  names,
  timesteps,
  keep,
}: RecordOptions): Plugin => ({
  name: plugin,
  contract: 1,
  setup: ({ readBack, spec, rows, pinned, guidance, kernels }) => {
    const read = async (step: number, name: string, streams: Streams): Promise<void> => {
      for (const [stream, tensor] of names.includes(name) ? Object.entries(streams) : []) {
        keep(step, name, { shape: tensor.shape, data: await readBack(tensor) }, stream);
      }
    };
    const predictions: Record<string, Streams> = {};
    let input: Streams = {};
    const apart = names.includes('velocity') && Object.keys(pinned).length > 0;
    return {
      evaluate: async (call, next) => {
        const led = await next(call);
        const { step, sigma, latents } = call;
        // The loop leads pinned tokens to what they are; what guidance made of them is recorded too.
        const guided = () => guidance.combine({ step, sigma, latents: input, predictions, kernels });
        await read(step, 'velocity', apart ? await guided() : led);
        const clean = [
          { scale: 1, of: latents },
          { scale: -sigma, of: led },
        ];
        if (names.includes('x0')) await read(step, 'x0', kernels.scaledAdd(clean));
        return led;
      },
      forward: async (call, next) => {
        const { step, sigma, branch } = call;
        input = call.latents;
        if (branch === call.branches[0]) {
          await read(step, 'input', call.latents);
          const timestep = timesteps[step] ?? Number.NaN;
          const clocks = spec.clockRows?.({ step, timestep, sigma, rows, pinned }) ?? {};
          const told = names.includes('timestep') ? Object.entries(clocks) : [];
          for (const [clock, { values, rowOfToken }] of told) {
            const data = Array.from(rowOfToken ?? [], (row) => values[row] ?? Number.NaN);
            const { stream = '' } = spec.clocks[clock] ?? {};
            keep(step, 'timestep', { shape: [data.length], data }, stream);
          }
        }
        const prediction = await next(call);
        predictions[branch] = prediction;
        await read(step, branch, prediction);
        return prediction;
      },
    };
  },
});
