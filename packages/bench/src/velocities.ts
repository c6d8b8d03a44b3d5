import { CONTRACT, type HostTensor, type Plugin, type Streams } from '@skipstone/core';
import { errorOf } from '@skipstone/core/testing';

/** Guided predictions of a run, by step. */
export type Velocities = Map<number, Streams<HostTensor>>;

/** Reads back what every step predicts, through all plugins further in; changes nothing. */
export const readVelocities = (into: Velocities): Plugin => ({
  name: 'read-velocities',
  contract: CONTRACT,
  setup: ({ readBack }) => ({
    evaluate: async (call, next) => {
      const out = await next(call);
      const read = Object.entries(out).map(async ([stream, tensor]) => {
        const { shape } = tensor;
        return [stream, { type: 'float32' as const, shape, data: await readBack(tensor) }] as const;
      });
      into.set(call.step, Object.fromEntries(await Promise.all(read)));
      return out;
    },
  }),
});

export interface VelocityError {
  /** The first step at which they differ: until then both runs are in the same state. */
  readonly step: number | undefined;
  /** max|a − b| / max|b| there, 0 where they never differ; and its mean over that step and those after it. */
  readonly first: number;
  readonly mean: number;
}

/** How far the predictions of a run are off those of another. */
export function velocityError(got: Velocities, want: Velocities): VelocityError {
  const errors = [...want].map(([step, exact]) => [step, errorOf(got.get(step) ?? {}, exact)] as const);
  const from = errors.findIndex(([, error]) => error !== 0);
  const [step, first] = errors[from] ?? [undefined, 0];
  const rest = errors.slice(from).map(([, error]) => error);
  return { step, first, mean: rest.reduce((a, b) => a + b, 0) / rest.length };
}
