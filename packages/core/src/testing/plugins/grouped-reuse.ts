import type { Plugin } from '../../spec/plugin.js';
import type { Rows, Streams } from '../../spec/tensor.js';

/** A schedule of tokens and steps, given from outside. */
export interface GroupedReuseOptions {
  /** Where the leading branch is probed: a tap of the first block. */
  readonly tap: string;
  /** Whether step i reuses the residual of the trunk. */
  readonly reuse: readonly boolean[];
  /** Group of each token, by stream. */
  readonly groups: Streams<Int32Array>;
  /** A group is active at step i when i % stride is 0. */
  readonly strides: readonly number[];
  /** Steps at both ends where every token is active. */
  readonly early: number;
  readonly late: number;
}

/** Heterogeneous steps and proxy reuse together, decisions given: what the seams must carry. */
export const groupedReuse = (options: GroupedReuseOptions): Plugin => ({
  name: 'grouped-reuse',
  contract: 1,
  needs: () => ({ cuts: [options.tap], rows: true, align: { of: 'own' } }),
  setup: ({ tokenCache, cell, kernels, steps }) => {
    const velocity = tokenCache({ per: 'run' });
    const proxy = tokenCache();
    const residual = tokenCache();
    const drift = cell(0);
    return {
      evaluate: async (call, next) => {
        const due = await call.decide('due', () => dueGroups(options, call.step, steps));
        const rows = rowsOf(options.groups, due);
        velocity.write({ ...call, rows }, await next({ ...call, rows }));
        return velocity.read(call);
      },
      trunk: async (call, next) => {
        const reuse = await call.decide('reuse', async (note) => {
          const now = await call.cursor.advance(options.tap);
          drift.value += (await proxy.swap(call, now, kernels.relativeL1)) ?? 0;
          note({ signal: drift.value });
          return options.reuse[call.step] === true && residual.covers(call.branches, call.rows);
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

function dueGroups(
  { strides, early, late }: GroupedReuseOptions,
  step: number,
  steps: number,
): readonly number[] {
  const all = step < early || step >= steps - late;
  return strides.flatMap((stride, group) => (all || step % stride === 0 ? [group] : []));
}

const rowsOf = (groups: Streams<Int32Array>, due: readonly number[]): Rows =>
  Object.fromEntries(
    Object.entries(groups).map(([stream, of]) => [
      stream,
      Int32Array.from(of.keys()).filter((i) => due.includes(of[i] ?? -1)),
    ]),
  );
