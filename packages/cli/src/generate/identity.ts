import type { Json, RunIdentity, VideoModel } from '@skipstone/core';
import { fileDigest } from '../files/file-digest.js';
import type { FileName, Settings } from '../options/settings.js';
import { policyIdentity, policyOf } from './policy-plugins.js';

/**
 * What the bytes of a video depend on: a run resumes only under the same. Defaults stand in it as values, so
 * that leaving an option out is the same as naming its default.
 */
export async function identityOf(
  settings: Settings,
  model: VideoModel,
  { seed, presets }: { readonly seed: number; readonly presets: readonly string[] },
): Promise<RunIdentity> {
  const { options, plugins, policy, files } = settings;
  const { defaults } = model;
  const sampler = options.sampler ?? defaults.sampler;
  const digest = async (name: FileName): Promise<Json> => {
    const path = files[name];
    return path === undefined ? null : fileDigest(`--${name}`, path);
  };
  const path = policy && (policy.file ?? policyOf(model));
  const policyFile = path === undefined ? null : await fileDigest('--policy', path);
  return {
    model: model.name,
    fingerprints: model.phases.map((phase) => phase.model.checkpoint.fingerprint),
    prompt: options.prompt ?? null,
    negative: options.negative ?? null,
    embeds: await digest('embeds'),
    seed: files.noise === undefined ? seed : null,
    noise: await digest('noise'),
    steps: options.steps ?? defaults.steps,
    guidance: options.guidance ?? model.phases.map((phase) => phase.guidance ?? defaults.guidance),
    shift: options.shift ?? defaults.shift,
    sampler,
    schedule: options.schedule ?? defaults.schedules[sampler],
    width: options.width ?? defaults.width,
    height: options.height ?? defaults.height,
    frames: options.frames ?? defaults.frames,
    device: options.device ?? 'cpu',
    precision: options.precision ?? 'fp32',
    weights: options.weights ?? 'by size',
    plugins: [...plugins, ...presets, ...policyIdentity(policy, policyFile)],
    replay: await digest('replay'),
  };
}
