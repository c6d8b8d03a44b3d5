import {
  denoise,
  type Given,
  type Ledger,
  makePlan,
  type PhaseRequest,
  type Plugin,
  type Sampler,
  type Schedule,
} from '@skipstone/core';
import {
  type Checked,
  compare,
  floatInput,
  floatsOf,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  gridOf,
  type Numbers,
  recordPredictions,
  sample,
} from '@skipstone/golden';
import { framesFrom } from './host.js';

export const RUN_INPUTS = ['in.latents', 'in.prompt_embeds', 'in.negative_prompt_embeds'] as const;

export interface GoldenRunRequest {
  readonly phases: readonly PhaseRequest[];
  readonly schedule: Schedule;
  readonly sampler: Sampler;
  readonly given?: Given;
  readonly plugins?: readonly Plugin[];
}

export interface RecordedRun {
  /** By golden name, with a batch axis: `step.<i>.<latents, velocity, cond, …>`, `out.latents`. */
  readonly values: ReadonlyMap<string, Numbers>;
  readonly ledger: Ledger;
}

/** Denoises from the folder's latents and texts, and records everything that a run's folder may hold. */
export async function goldenRun(
  golden: Golden,
  { phases, schedule, sampler, given, plugins = [] }: GoldenRunRequest,
): Promise<RecordedRun> {
  const spec = phases[0]?.spec;
  if (!spec) throw new TypeError('a run needs a phase');
  const latents = sample(await floatInput(golden, 'in.latents', 5), 0);
  const cond = sample(await floatInput(golden, 'in.prompt_embeds', 3), 0);
  const uncond = sample(await floatInput(golden, 'in.negative_prompt_embeds', 3), 0);
  const grid = gridOf(latents);
  const values = new Map<string, Numbers>();
  const put = (name: string, { shape, data }: Numbers): void => {
    const rows = { type: 'float32' as const, shape, data: Float32Array.from(data) };
    const whole = floatsOf(spec.unpatchify({ video: rows }, grid).video);
    values.set(name, { shape: [1, ...whole.shape], data: whole.data });
  };
  const record = recordPredictions({
    name: 'record-predictions',
    names: recordedParts(golden),
    timesteps: schedule.timesteps,
    keep: (step, name, rows) =>
      name === 'timestep'
        ? values.set(`step.${step}.${name}`, { shape: [1, ...rows.shape], data: rows.data })
        : put(`step.${step}.${name}`, rows),
  });
  const active = recordPredictions({
    name: 'record-active',
    names: tensorsOf(golden, ['velocity_active']).length > 0 ? ['velocity'] : [],
    timesteps: schedule.timesteps,
    keep: (step, _, rows) => values.set(`step.${step}.velocity_active`, inInputOrder(rows)),
  });
  const plan = makePlan({
    phases: phases.map((phase) => (given ? { ...phase, given } : phase)),
    grid,
    lengths: { S: Math.max(cond.shape[0] ?? 0, uncond.shape[0] ?? 0) },
    schedule,
    sampler,
    plugins: [record, ...plugins, active],
    settings: await goldenSettings(),
  });
  const result = await denoise({
    plan,
    latents: spec.patchify({ video: latents }, grid),
    conditions: { cond: { text: cond }, uncond: { text: uncond } },
    threads: GOLDEN_THREADS,
    previews: true,
    tell: (event) => {
      if (event.type === 'preview') put(`step.${event.step}.latents`, floatsOf(event.latents.video));
    },
  });
  put('out.latents', floatsOf(result.latents.video));
  return { values, ledger: result.ledger };
}

/**
 * Holds a run against its folder: latents of every step, and what else of the run the folder holds. Of the
 * latents between steps the first `clean` frames are left out: the reference never reads what it has there.
 */
export async function* checkRun(
  golden: Golden,
  run: RecordedRun,
  steps: number,
  clean = 0,
): AsyncGenerator<Checked> {
  const parts = [...recordedParts(golden), ...tensorsOf(golden, ['latents', 'velocity_active'])];
  for (let step = 0; step < steps; step++) {
    for (const part of parts) {
      const name = `step.${step}.${part}`;
      const [got, want] = [run.values.get(name), await golden.reference(name)];
      const read = (value: Numbers | undefined) =>
        value && part === 'latents' ? framesFrom(value, clean) : value;
      yield compare(name, read(got), read(want));
    }
  }
  yield compare('out.latents', run.values.get('out.latents'), await golden.reference('out.latents'));
}

/** What a case holds of every step beside its latents: not every run has all. */
function recordedParts(golden: Golden): readonly string[] {
  return tensorsOf(golden, ['input', 'timestep', 'cond', 'uncond', 'velocity']);
}

/** Those of the parts of a step that a case holds. */
function tensorsOf({ tensors }: Golden, parts: readonly string[]): readonly string[] {
  return parts.filter((part) => tensors.has(`step.0.${part}`));
}

/** Rows `[A, 4·C]` of the model's output, its columns in the order of its input: channel, row, column (fastest). */
function inInputOrder({ shape, data }: Numbers): Numbers {
  const width = shape[1] ?? 0;
  const channels = width / 4;
  return {
    shape,
    data: Float32Array.from(data, (_, i) => {
      const [row, p] = [Math.floor(i / width), i % width];
      return data[row * width + (p % 4) * channels + Math.floor(p / 4)] ?? Number.NaN;
    }),
  };
}
