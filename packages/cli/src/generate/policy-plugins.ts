import { type Plugin, SkipstoneError, type VideoModel } from '@skipstone/core';
import type { PolicySettings, Settings } from '../options/settings.js';
import { inWords } from '../trace/given-prompts.js';

export interface PolicyPlugins {
  readonly plugins: readonly Plugin[];
  /** What differs from the runs the policy was made with, in words. */
  readonly notes: readonly string[];
  /** The policy that is used; `undefined` without one. */
  readonly file: string | undefined;
}

const PLUGIN = 'galaxy-cache';

/**
 * What `--policy` and `--speedup` add to the plugins of the command line: galaxy-cache with the policy's tap,
 * warm-up and threshold, and one branch that decides. Without a file the model's own policy is used.
 */
export async function policyPlugins(
  { policy: asked, options, files, model: request }: Settings,
  model: VideoModel,
  given: readonly Plugin[],
): Promise<PolicyPlugins> {
  if (!asked) return { plugins: [], notes: [], file: undefined };
  if (given.some(({ name }) => name === PLUGIN)) throw twice(asked);
  const path = asked.file ?? shipped(model, asked);
  const { fromPolicy, readPolicy, runSettings, sigmasOf } = await import(
    '@skipstone/galaxy-cache/calibration'
  );
  const policy = await readPolicy(path);
  const settings = runSettings(model, options, inWords(request.options, files));
  const { speedup, control, resample } = asked;
  const by = { control, resample, origin: path, ...(speedup === undefined ? {} : { speedup }) };
  const chosen = fromPolicy(policy, { settings, sigmas: sigmasOf(model, settings) }, by);
  const { galaxyCache } = await import('@skipstone/galaxy-cache');
  const { cfgAlign } = await import('@skipstone/cfg-align');
  const aligned = given.some(({ name }) => name === 'cfg-align');
  const plugins = [...(aligned ? [] : [cfgAlign()]), galaxyCache(chosen.options)];
  return { plugins, notes: chosen.notes, file: path };
}

/** What a run's identity keeps of them, so that it resumes under the same only. */
export function policyIdentity(asked: PolicySettings | undefined, digest: string | null): readonly string[] {
  if (!asked) return [];
  const { speedup, control, resample } = asked;
  const flags = [control ? 'controlled' : '', resample ? 'resampled' : ''].filter(Boolean);
  return [[`policy ${digest}`, `speedup ${speedup ?? 'first row'}`, ...flags].join(', ')];
}

/** The model's own policy, where it has one. */
export const policyOf = (model: VideoModel): string | undefined => model.policies?.[PLUGIN];

function shipped(model: VideoModel, { speedup }: PolicySettings): string {
  const path = policyOf(model);
  if (path !== undefined) return path;
  throw new SkipstoneError({
    code: 'option-missing',
    what: `--speedup ${speedup}: ${model.name} comes with no policy`,
    have: 'no --policy',
    need: 'a policy that was calibrated for this model',
    do: 'skipstone trace … --out trace.jsonl; skipstone calibrate trace.jsonl … --out policy.json; then pass --policy policy.json',
  });
}

function twice({ file, speedup }: PolicySettings): SkipstoneError {
  const have = file === undefined ? `--speedup ${speedup}` : `--policy ${file}`;
  return new SkipstoneError({
    code: 'option-conflict',
    what: 'galaxy-cache is asked for twice',
    have: `${have} and --plugin ${PLUGIN}`,
    need: 'one of them',
    do: `leave --plugin ${PLUGIN} out`,
  });
}
