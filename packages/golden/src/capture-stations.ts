import type { Cursor, Plugin, Streams } from '@skipstone/core';
import type { Numbers } from './golden.js';

export interface CaptureOptions {
  /** Stations to read, in the order of the line: those up to the trunk's end, and those after it. */
  readonly trunk: readonly string[];
  readonly head: readonly string[];
  /** Gets each value, with its first axis (tokens, or rows of a clock), and the stream it is of. */
  readonly keep: (station: string, value: Numbers, stream: string) => void;
}

/** A name for what is no station: what a pass gives. */
export const PREDICTION = 'prediction';

/** Reads values of a pass on the way, and changes nothing. For runs of one branch. */
export const captureStations = ({ trunk, head, keep }: CaptureOptions): Plugin => ({
  name: 'capture-stations',
  contract: 1,
  needs: () => ({ outputs: [...trunk, ...head] }),
  setup: ({ readBack }) => {
    let cursor: Cursor | undefined;
    const read = async (name: string, streams: Streams): Promise<void> => {
      for (const [stream, tensor] of Object.entries(streams)) {
        keep(name, { shape: tensor.shape, data: await readBack(tensor) }, stream);
      }
    };
    return {
      trunk: async (call, next) => {
        ({ cursor } = call);
        for (const station of trunk) await read(station, await call.cursor.advance(station));
        return next(call);
      },
      // The head lies beyond the trunk: its stations are read when the pass is done.
      forward: async (call, next) => {
        const prediction = await next(call);
        await read(PREDICTION, prediction);
        for (const station of head) if (cursor) await read(station, await cursor.advance(station));
        return prediction;
      },
    };
  },
});
