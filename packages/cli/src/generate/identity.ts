import {
  guidanceScales,
  type Json,
  type JsonOptions,
  type RunIdentity,
  usualSchedule,
  type VideoModel,
  weightsOf,
} from '@skipstone/core';
import { fileDigest } from '../files/file-digest.js';
import { named } from '../files/prepare-outputs.js';
import { fileOfModule } from '../model/load-adapter.js';
import { FLAGS } from '../options/flags.js';
import type { FileName, Settings } from '../options/settings.js';
import { pluginFile } from '../plugins/load-plugins.js';
import type { OpenStages } from './open-stages.js';
import { policyIdentity, policyOf } from './policy-plugins.js';

export interface IdentityParts {
  readonly seed: number;
  /** Options of plugins that came from the model's presets. */
  readonly presets: readonly string[];
  /** The second stage, where there are two. */
  readonly second: OpenStages | undefined;
}

/**
 * What the bytes of a video depend on: a run resumes only under the same. Defaults stand in it as values, so
 * that leaving an option out is the same as naming its default.
 */
export async function identityOf(
  settings: Settings,
  model: VideoModel,
  { seed, presets, second }: IdentityParts,
): Promise<RunIdentity> {
  const { options, plugins, policy, files, model: asked } = settings;
  const { defaults } = model;
  const sampler = options.sampler ?? defaults.sampler;
  const digest = async (name: FileName): Promise<Json> => {
    const path = files[name];
    return path === undefined ? null : fileDigest(optionOf(name), path);
  };
  const path = policy && (policy.file ?? policyOf(model));
  const policyFile = path === undefined ? null : await fileDigest('--policy', path);
  return {
    model: model.name,
    fingerprints: model.phases.map((phase) => phase.model.checkpoint.fingerprint),
    loras: model.phases.map(({ model: { weights } }) =>
      (weights.added ?? []).map(({ fingerprint, strength }) => ({ fingerprint, strength })),
    ),
    prompt: options.prompt ?? null,
    negative: options.negative ?? null,
    adapter: asked.adapter ?? null,
    fps: asked.options?.fps ?? null,
    distilled: asked.options?.distilled ?? false,
    scales: asked.options?.scales ?? null,
    embeds: await digest('embeds'),
    firstFrames: await digest('firstFrames'),
    imageLatents: await digest('imageLatents'),
    ...(files.image !== undefined && { image: await digest('image') }),
    ...(files.lastImage !== undefined && { lastImage: await digest('lastImage') }),
    seed: files.noise === undefined || sampler === 'euler-ancestral' ? seed : null,
    noise: await digest('noise'),
    steps: options.steps ?? defaults.steps,
    guidance: guidanceIdentity(model, options),
    shift: options.shift ?? defaults.shift,
    sampler,
    schedule: options.schedule ?? usualSchedule(defaults, sampler),
    width: options.width ?? defaults.width,
    height: options.height ?? defaults.height,
    frames: options.frames ?? defaults.frames,
    device: options.device ?? 'cpu',
    precision: options.precision ?? 'fp32',
    weights: weightsOf(model, options),
    keysValues: options.keysValues ?? 'float32',
    ...(await moduleDigests(settings)),
    plugins: [...plugins, ...presets, ...policyIdentity(policy, policyFile)],
    replay: await digest('replay'),
    ...(second && { second: secondIdentity(second) }),
  };
}

/** The bytes of every module of one's own: another plugin or adapter under the same name is another run. */
async function moduleDigests({ plugins, stages, model }: Settings): Promise<RunIdentity> {
  const asked = [
    ...named('--plugin', ...plugins.map(pluginFile)),
    ...named('--second-plugin', ...(stages?.secondPlugins ?? []).map(pluginFile)),
    ...named('--adapter', model.adapter && fileOfModule(model.adapter)),
  ];
  const marks = asked.map(async ({ by, path }, i) => [
    `module ${i + 1} (${by})`,
    `sha256:${await fileDigest(by, path)}`,
  ]);
  return Object.fromEntries(await Promise.all(marks));
}

function secondIdentity({ stages, full, pluginNames }: OpenStages): Json {
  const { second, upsampler, statistics, audio } = stages;
  return {
    upsampler: upsampler.chain.checkpoint.fingerprint,
    loras: second.phases.map(({ model: { weights } }) =>
      (weights.added ?? []).map(({ fingerprint, strength }) => ({ fingerprint, strength })),
    ),
    statistics: [...statistics.mean, ...statistics.spread],
    ...{ audio, width: full.width, height: full.height, plugins: [...pluginNames] },
  };
}

/** A scale for each phase; where a model's own guidance is more than a scale, naming one is another run. */
function guidanceIdentity(model: VideoModel, options: JsonOptions): Json {
  return model.guide && options.guidance === undefined ? 'own' : [...guidanceScales(model, options)];
}

const optionOf = (name: FileName): string => FLAGS[name].flags.split(' ')[0] ?? name;
