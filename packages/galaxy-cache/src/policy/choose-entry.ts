import { SkipstoneError } from '@skipstone/core';
import type { Policy, PolicyEntry } from './policy-file.js';
import type { RunSettings } from './settings.js';

/** Settings under which a threshold means something else: a run with another one is refused. */
const BINDING = ['fingerprints', 'sampler', 'schedule', 'shift', 'steps'] as const;

/** Settings that a threshold was not tried with when they differ: used, and said. */
const NOTED = ['guidance', 'width', 'height', 'frames', 'precision', 'device', 'opened', 'given'] as const;

export interface ChosenEntry {
  readonly entry: PolicyEntry;
  /** Settings that differ and do not forbid it, in words. */
  readonly notes: readonly string[];
}

/**
 * The entry of a policy that was made for a run. With `resample`, one of another step count will do, the
 * nearest by ratio. Error `policy-run`: it was made for another model, sampler, schedule, shift or step count.
 */
export function chooseEntry(
  policy: Policy,
  run: RunSettings,
  { origin = 'policy', resample = false }: { readonly origin?: string; readonly resample?: boolean } = {},
): ChosenEntry {
  const exact = policy.entries.filter((entry) => differing(entry, run, BINDING).length === 0);
  const [near] = resample ? nearestSteps(policy, run) : [];
  // Of many that fit, the one that differs least elsewhere.
  const [found = near] = exact.toSorted(
    (a, b) => differing(a, run, NOTED).length - differing(b, run, NOTED).length,
  );
  if (!found) throw refused(policy, run, origin);
  const notes = differing(found, run, NOTED).map((key) => {
    const of = (settings: RunSettings): string =>
      key === 'given' ? (settings.given ?? 'nothing beside text') : show(settings[key]);
    return `${origin} was made with ${key} ${of(found.settings)}, this run has ${of(run)}`;
  });
  return { entry: found, notes };
}

function nearestSteps(policy: Policy, run: RunSettings): readonly PolicyEntry[] {
  const off = ({ settings }: PolicyEntry): number => Math.abs(Math.log(settings.steps / run.steps));
  return policy.entries
    .filter((entry) => differing(entry, run, BINDING).every((key) => key === 'steps'))
    .toSorted((a, b) => off(a) - off(b));
}

function differing<Key extends keyof RunSettings>(
  { settings }: PolicyEntry,
  run: RunSettings,
  keys: readonly Key[],
): readonly Key[] {
  return keys.filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(run[key]));
}

function refused(policy: Policy, run: RunSettings, origin: string): SkipstoneError {
  const count = (entry: PolicyEntry): number => differing(entry, run, BINDING).length;
  const [nearest] = policy.entries.toSorted((a, b) => count(a) - count(b));
  const keys = nearest ? differing(nearest, run, BINDING) : [];
  const list = (of: RunSettings): string => keys.map((key) => `${NAMES[key]} ${show(of[key])}`).join(', ');
  const onlySteps = keys.every((key) => key === 'steps');
  const steps = [...new Set(policy.entries.map(({ settings }) => settings.steps))].join(' or ');
  return new SkipstoneError({
    code: 'policy-run',
    what: `${origin}: this policy was not made for this run of ${run.model}`,
    have: nearest ? `a policy for ${list(nearest.settings)}` : 'no entry',
    need: `one for ${list(run)}`,
    do: onlySteps
      ? `use ${steps} steps, resample it over noise level, or calibrate at ${run.steps} steps`
      : 'calibrate for this run: skipstone trace, then skipstone calibrate',
  });
}

const NAMES = {
  fingerprints: 'weights',
  sampler: 'sampler',
  schedule: 'schedule',
  shift: 'shift',
  steps: 'steps',
} as const satisfies Record<(typeof BINDING)[number], string>;

/** Fingerprints are long; what is not there is the model's own. */
const show = (value: RunSettings[keyof RunSettings]): string =>
  ([value ?? []].flat().length === 0 ? ["the model's"] : [value])
    .flat()
    .map((one) => String(one).slice(0, 12))
    .join(' and ');
