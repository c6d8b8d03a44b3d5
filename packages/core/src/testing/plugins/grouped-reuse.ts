import type { Plugin } from '../../spec/plugin.js';
import type { Streams } from '../../spec/tensor.js';

/** A schedule of tokens and steps, given from outside. */
export interface GroupedReuseOptions {
  /** Where the leading branch is probed: a tap of the first block. */
  readonly tap: string;
  /** Whether step i reuses the residual of the trunk. */
  readonly reuse: readonly boolean[];
  /** Group of each token, by stream; group k is active at step i when i % strides[k] is 0. */
  readonly groups: Streams<Int32Array>;
  readonly strides: readonly number[];
  /** Steps at both ends where every token is active. */
  readonly early: number;
  readonly late: number;
}

/** Heterogeneous steps and proxy reuse together, decisions given: what the seams must carry. */
export const groupedReuse = (options: GroupedReuseOptions): Plugin => ({
  name: 'grouped-reuse',
  contract: 1,
  needs: () => ({
    cuts: [options.tap],
    rows: true,
    align: { of: 'own' },
    caches: {
      velocity: { rowsOf: 'latents', per: 'run' },
      proxy: { rowsOf: options.tap, per: 'decider' },
      residual: { rowsOf: 'trunk' },
    },
  }),
  setup: ({ tokenCache, cell, kernels, synced, steps }) => {
    const { tap, strides, early, late } = options;
    const [velocity, proxy, residual] = [tokenCache('velocity'), tokenCache('proxy'), tokenCache('residual')];
    const drift = cell(0);
    return {
      evaluate: async (call, next) => {
        const all = call.step < early || call.step >= steps - late || !synced(call.branches);
        const due = await call.decide('due', () => strides.map((stride) => all || call.step % stride === 0));
        const rows = Object.fromEntries(
          Object.entries(options.groups).map(([stream, groups]) => [
            stream,
            Int32Array.from(groups.keys()).filter((token) => due[groups[token] ?? 0]),
          ]),
        );
        velocity.write({ ...call, rows }, await next({ ...call, rows }));
        return velocity.read(call);
      },
      trunk: async (call, next) => {
        const reuse = await call.decide('reuse', async (note) => {
          const now = await call.cursor.advance(tap);
          drift.value += (await proxy.swap(call, now, kernels.relativeL1)) ?? 0;
          note({ signal: drift.value });
          return options.reuse[call.step] === true && residual.covers(call);
        });
        if (reuse) return kernels.add(call.hidden, residual.read(call));
        drift.value = 0;
        const out = await next(call);
        residual.write(call, kernels.sub(out, call.hidden));
        return out;
      },
    };
  },
});
