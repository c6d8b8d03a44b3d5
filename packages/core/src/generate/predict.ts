import type { OpenModel } from '../graph/model-weights.js';
import { only } from '../guidance/only.js';
import { denoise } from '../loop/denoise.js';
import { makePlan, type PlanSettings } from '../plan/plan.js';
import { euler } from '../sampler/euler.js';
import type { Given } from '../spec/given.js';
import type { Grid } from '../spec/model.js';
import { CONTRACT, type Plugin } from '../spec/plugin.js';
import type { HostTensor, Streams } from '../spec/tensor.js';

export interface PredictRequest {
  readonly model: OpenModel;
  readonly grid: Grid;
  /** Rows `[N, P]` of each stream. */
  readonly latents: Streams<HostTensor>;
  /** The model's condition ports. */
  readonly conditions: Readonly<Record<string, HostTensor>>;
  /** Lengths of the named axes of conditions. */
  readonly lengths: Readonly<Record<string, number>>;
  readonly given?: Given;
  /** What the model's clocks say. Default 0. */
  readonly timestep?: number;
  readonly settings: PlanSettings;
  /** Threads of a session; 0 (default) lets the runtime choose. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * What a model predicts in a single pass, rows `[N, P]` of each stream: for parts that no noise goes through,
 * such as what makes a prompt's text ready. Planned, cut and mapped as any pass is.
 */
export async function predict(request: PredictRequest): Promise<Streams<HostTensor>> {
  const { model, conditions, given, timestep = 0, threads, signal } = request;
  const predicted: Record<string, HostTensor> = {};
  const keep: Plugin = {
    name: 'predict',
    contract: CONTRACT,
    setup: ({ readBack }) => ({
      forward: async (call, next) => {
        const prediction = await next(call);
        for (const [stream, tensor] of Object.entries(prediction)) {
          const data = Float32Array.from(await readBack(tensor));
          predicted[stream] = { type: 'float32', shape: tensor.shape, data };
        }
        return prediction;
      },
    }),
  };
  const { spec, weights } = model;
  const plan = makePlan({
    phases: [
      {
        ...{ name: 'predict', spec, weights, from: 0, to: 1, guidance: only() },
        ...(given ? { given } : {}),
      },
    ],
    grid: request.grid,
    lengths: request.lengths,
    // One step, whose end nobody looks at.
    schedule: { name: 'predict', sigmas: [1, 0], timesteps: [timestep] },
    sampler: euler(),
    plugins: [keep],
    settings: request.settings,
  });
  await denoise({
    ...{ plan, latents: request.latents, conditions: { cond: conditions } },
    ...(threads === undefined ? {} : { threads }),
    ...(signal ? { signal } : {}),
  });
  return predicted;
}
