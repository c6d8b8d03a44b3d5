import type { Plugin } from '../../spec/plugin.js';

export interface MiddleSkipOptions {
  /** The jump's ends: hidden stations, e.g. `blocks.0` and `blocks.6`. */
  readonly from: string;
  readonly to: string;
  /** Steps that jump. The first step never does: there is nothing to go on with. */
  readonly skips: readonly boolean[];
  /** `inside` cuts the pass at both ends, `before` gates the stretch inside one session. */
  readonly decided: 'inside' | 'before';
}

/** Computes up to `from`, goes on from `to` with what the middle gave when it was last computed. */
export const middleSkip = ({ from, to, skips, decided }: MiddleSkipOptions): Plugin => ({
  name: 'middle-skip',
  contract: 1,
  needs: () => ({ jumps: [{ from, to, decided }], outputs: [to], caches: { middle: { rowsOf: to } } }),
  setup: ({ tokenCache }) => {
    const middle = tokenCache('middle');
    return {
      trunk: async (call, next) => {
        const skip = await call.decide('skip', () => skips[call.step] === true && middle.covers(call));
        await call.cursor.advance(from);
        if (skip) await call.cursor.jump(to, middle.read(call));
        else middle.write(call, await call.cursor.advance(to));
        return next(call);
      },
    };
  },
});
