import type { OpenModel } from '../graph/model-weights.js';
import { cfg } from '../guidance/cfg.js';
import { type DenoiseRequest, type DenoiseResult, denoise } from '../loop/denoise.js';
import { makePlan, type Plan, type PlanSettings } from '../plan/plan.js';
import { euler } from '../sampler/euler.js';
import { scheduleNamed } from '../schedule/schedules.js';
import type { Given } from '../spec/given.js';
import type { Guidance } from '../spec/guidance.js';
import type { Grid } from '../spec/model.js';
import type { Plugin } from '../spec/plugin.js';
import type { Sampler } from '../spec/sampler.js';
import type { Schedule } from '../spec/schedule.js';
import type { HostTensor, Streams } from '../spec/tensor.js';

/** A model with something to compute: what laws run on. */
export interface Subject {
  readonly name: string;
  /** One per phase; steps are shared out evenly. */
  readonly models: readonly OpenModel[];
  readonly grid: Grid;
  readonly lengths: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, Readonly<Record<string, HostTensor>>>>;
  /** Latents as the codec has them. */
  readonly latents: Streams<HostTensor>;
  /** What its runs are given beside text. */
  readonly given?: Given;
  /** Two branches at scale 4 unless given. */
  readonly guidance?: Guidance;
}

export interface SubjectRun {
  readonly plugins?: readonly Plugin[];
  /** Default 6. */
  readonly steps?: number;
  readonly sampler?: Sampler;
  /** As many steps as asked for; the sampler's own grid unless given. */
  readonly schedule?: Schedule;
  readonly guidance?: Guidance;
  readonly settings?: Partial<PlanSettings>;
  /** What becomes of sampler history at a phase's beginning. */
  readonly crossing?: 'keep' | 'restart';
}

const SETTINGS: PlanSettings = {
  device: 'cpu',
  compute: 'float32',
  weights: 'packed',
  decompose: new Set(),
  flopsPerSecond: 100e9,
};

export function planOn(subject: Subject, run: SubjectRun = {}): Plan {
  const steps = run.steps ?? 6;
  const sampler = run.sampler ?? euler();
  const guidance = run.guidance ?? subject.guidance ?? cfg({ scale: 4 });
  const count = subject.models.length;
  const phases = subject.models.map(({ spec, weights }, i) => ({
    name: `phase ${i}`,
    spec,
    weights,
    from: Math.round((i * steps) / count),
    to: Math.round(((i + 1) * steps) / count),
    guidance,
    sampler: run.crossing ?? 'keep',
    ...(subject.given ? { given: subject.given } : {}),
  }));
  return makePlan({
    phases,
    grid: subject.grid,
    lengths: subject.lengths,
    schedule:
      run.schedule ?? scheduleNamed(sampler.memory > 0 ? 'unipc-flow' : 'euler-flow', { steps, shift: 3 }),
    sampler,
    plugins: run.plugins ?? [],
    settings: { ...SETTINGS, ...run.settings },
  });
}

/** Denoises a subject: the plain loop, real sessions. */
export async function runOn(
  subject: Subject,
  run: SubjectRun = {},
  more: Partial<DenoiseRequest> = {},
): Promise<DenoiseResult> {
  const spec = subject.models[0]?.spec;
  if (!spec) throw new TypeError(`${subject.name} has no model`);
  const latents = spec.patchify(subject.latents, subject.grid);
  return denoise({
    plan: planOn(subject, run),
    latents,
    conditions: subject.conditions,
    threads: 1,
    ...more,
  });
}

/** max|a−b| / max|b| over all streams: the error of everything in this project. */
export function errorOf(got: Streams<HostTensor>, want: Streams<HostTensor>): number {
  let [difference, largest] = [0, 0];
  for (const [stream, { data }] of Object.entries(want)) {
    const other = got[stream]?.data;
    if (other?.length !== data.length) return Number.NaN;
    for (let i = 0; i < data.length; i++) {
      const [a, b] = [Number(other[i]), Number(data[i])];
      if (!(Math.abs(a - b) <= Number.MAX_VALUE)) return Number.NaN;
      difference = Math.max(difference, Math.abs(a - b));
      largest = Math.max(largest, Math.abs(b));
    }
  }
  return largest === 0 ? difference : difference / largest;
}

/** True if two results are the same bytes. */
export function sameBytes(a: Streams<HostTensor>, b: Streams<HostTensor>): boolean {
  return Object.entries(b).every(([stream, want]) => {
    const got = a[stream]?.data;
    if (got?.byteLength !== want.data.byteLength) return false;
    return Buffer.from(got.buffer, got.byteOffset, got.byteLength).equals(
      Buffer.from(want.data.buffer, want.data.byteOffset, want.data.byteLength),
    );
  });
}
