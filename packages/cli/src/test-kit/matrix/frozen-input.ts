import type { HostTensor, Plugin, Rows, Schedule, Setup, Streams } from '@skipstone/core';
import { errorOf } from '@skipstone/core/testing';

/** Steps at one timestep, hardly apart: steps between equal noise levels are not taken. */
export const frozenSchedule = (steps: number, sigma: number): Schedule => ({
  name: 'frozen',
  timesteps: Array.from({ length: steps }, () => 1000 * sigma),
  sigmas: Array.from({ length: steps + 1 }, (_, i) => sigma - i * 1e-12),
});

/** What a pass predicted, against the first full pass of its branch. */
export interface FrozenResult {
  readonly step: number;
  readonly branch: string;
  /** Streams of which some rows only were computed. */
  readonly narrowed: readonly string[];
  readonly error: number;
}

/**
 * A run whose latents stand still. Compares every pass with the first full one of its branch and phase. Asks for some rows of one
 * stream after the other, and of all, where keys and values are in sync: what computed rows read of idle ones, in
 * their own stream or across, comes from there. Outermost: plugins further in may choose other rows, or reuse.
 */
export function frozenInput(tell: (result: FrozenResult) => void): Plugin {
  return {
    name: 'frozen-input',
    contract: 1,
    needs: () => ({ rows: true }),
    setup: (run) => {
      const full = new Map<string, Streams<HostTensor>>();
      const choices = narrowings(Object.keys(run.rows));
      return {
        advance: async (call) => {
          await call.evaluate(call);
          return call.latents;
        },
        evaluate: (call, next) => {
          const some = choices[call.step % choices.length] ?? [];
          return next(run.synced(call.branches) ? { ...call, rows: rowsOf(run, some) } : call);
        },
        forward: async (call, next) => {
          const out = await next(call);
          const { step, branch, rows } = call;
          const values = await onHost(run, out);
          const want = full.get(branch);
          const narrowed = Object.keys(rows).filter((stream) => rows[stream] !== 'all');
          if (want) tell({ step, branch, narrowed, error: errorOf(values, gathered(want, rows)) });
          else full.set(branch, values);
          return out;
        },
      };
    },
  };
}

const narrowings = (streams: readonly string[]): readonly (readonly string[])[] =>
  streams.length > 1 ? [...streams.map((stream) => [stream]), streams] : [streams];

/** A third of the rows of some streams, all of the others. */
function rowsOf({ rows }: Setup, some: readonly string[]): Rows {
  return Object.fromEntries(
    Object.entries(rows).map(([stream, count]) => [
      stream,
      some.includes(stream) ? numbers(count).filter((row) => (row * 7 + 1) % 3 === 0) : 'all',
    ]),
  );
}

const numbers = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);

async function onHost({ readBack }: Setup, streams: Streams): Promise<Streams<HostTensor>> {
  const entries = Object.entries(streams).map(async ([stream, tensor]) => {
    const value: HostTensor = { type: 'float32', shape: tensor.shape, data: await readBack(tensor) };
    return [stream, value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const gathered = (full: Streams<HostTensor>, rows: Rows): Streams<HostTensor> =>
  Object.fromEntries(
    Object.entries(full).map(([stream, { type, shape, data }]) => {
      const [count = 0, width = 0] = shape;
      const set = rows[stream] ?? 'all';
      const list = set === 'all' ? numbers(count) : set;
      const values = [...list].flatMap((row) => [...data.slice(row * width, (row + 1) * width)].map(Number));
      return [stream, { type, shape: [list.length, width], data: Float32Array.from(values) } as HostTensor];
    }),
  );
