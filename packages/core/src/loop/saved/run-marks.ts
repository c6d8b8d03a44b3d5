import { sha256 } from '../../checkpoint/sha256.js';
import { SkipstoneError } from '../../error.js';
import type { PhasePlan, Plan } from '../../plan/plan.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';

/**
 * What the bytes of a run depend on, by name: words where they are short, digests where there are many numbers. A
 * saved run has those it was made under, and goes on under the same only. The model's name and the number of steps
 * stand in its ledger; options of plugins are theirs to keep apart.
 */
export type RunMarks = Readonly<Record<string, string>>;

export interface MarkedRun {
  readonly plan: Plan;
  readonly latents: Streams<HostTensor>;
  readonly conditions: Readonly<Record<string, Readonly<Record<string, HostTensor>>>>;
}

/** Reads every byte a run is given once; no weights. */
export async function runMarks({ plan, latents, conditions }: MarkedRun): Promise<RunMarks> {
  const { schedule, sampler, plugins, settings } = plan.request;
  const { device, compute, weights, keysValues = 'float32' } = settings;
  const { name, ...numbers } = schedule;
  return {
    weights: await digest(plan.phases.map(({ weights: source }) => source.fingerprint ?? '')),
    phases: plan.phases.map((phase) => `${phase.name} ${phase.from}–${phase.to}`).join(', '),
    size: plan.phases.map(({ rows }) => sizeOf(rows)).join(', then '),
    schedule: `${name} ${await digest(numbers)}`,
    sampler: sampler.seed === undefined ? sampler.name : `${sampler.name} of seed ${sampler.seed}`,
    guidance: `${plan.phases[0]?.guidance.name} ${await digest(plan.phases.map(guidanceOf))}`,
    plugins: plugins.map((plugin) => plugin.name).join(', ') || 'none',
    settings: [device, compute, weights, keysValues].join(', '),
    conditions: await tensorDigest(conditions),
    given: await tensorDigest(Object.fromEntries(plan.phases.flatMap(givenOf))),
    noise: await tensorDigest({ latents }),
  };
}

/** Refuses to go on with a run under other marks, and says which. */
export function assertSameMarks(saved: RunMarks, now: RunMarks): void {
  const names = Object.keys({ ...saved, ...now }).filter((name) => saved[name] !== now[name]);
  if (names.length === 0) return;
  const list = (marks: RunMarks): string =>
    names.map((name) => `${name} ${marks[name] ?? 'none'}`).join('; ');
  throw new SkipstoneError({
    code: 'resume-other-run',
    what: 'the run to resume was made otherwise than the one asked for',
    have: list(saved),
    need: list(now),
    do: 'resume with what the run was started with, or start anew',
  });
}

const sizeOf = (rows: Streams<number>): string =>
  Object.entries(rows)
    .map(([stream, count]) => `${count} tokens of ${stream}`)
    .join(' and ');

const guidanceOf = ({ guidance }: PhasePlan) => [guidance.name, guidance.branches, guidance.numbers ?? null];

function givenOf({ given = {} }: PhasePlan, index: number) {
  const { pinned = {}, tables = {} } = given;
  const clean = Object.entries(pinned).map(([stream, { rows, clean: latents }]) => {
    const ids: HostTensor = { type: 'int32', shape: [rows.length], data: rows };
    return [`${index} pinned ${stream}`, { ids, latents }] as const;
  });
  return [...clean, [`${index} tables`, tables] as const];
}

/** 64 bits of it: these are told apart from mistakes, not from attacks. */
const digest = async (value: unknown): Promise<string> => (await sha256(JSON.stringify(value))).slice(0, 16);

async function tensorDigest(groups: Readonly<Record<string, Streams<HostTensor>>>): Promise<string> {
  const lines = Object.entries(groups).flatMap(([group, tensors]) =>
    Object.entries(tensors).map(async ([name, { type, shape, data }]) => [
      group,
      name,
      type,
      shape,
      await sha256(data),
    ]),
  );
  return lines.length === 0 ? 'none' : digest((await Promise.all(lines)).toSorted());
}
