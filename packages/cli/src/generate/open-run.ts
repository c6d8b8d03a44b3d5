import { type Plugin, type VideoModel, watchReads } from '@skipstone/core';
import { type NamedFile, named } from '../files/prepare-outputs.js';
import { openVideoModel } from '../model/open-model.js';
import { inputsOf } from '../options/inputs.js';
import type { Settings } from '../options/settings.js';
import { loadPlugins } from '../plugins/load-plugins.js';
import { type OpenStages, openStages } from './open-stages.js';
import { policyPlugins } from './policy-plugins.js';

/** A run as it is asked for, opened: headers are read, no weights. */
export interface OpenRun {
  /** Of the first stage, where there are two. */
  readonly settings: Settings;
  readonly second: OpenStages | undefined;
  readonly model: VideoModel;
  readonly plugins: readonly Plugin[];
  /** Options of plugins that came from the model's presets. */
  readonly presets: readonly string[];
  readonly notes: readonly string[];
  /** Every file that it reads. */
  readonly inputs: readonly NamedFile[];
}

/** Opens what `generate` runs and `plan` shows. */
export async function openRun(asked: Settings): Promise<OpenRun> {
  const { result, files } = await watchReads(() => open(asked));
  const { policy, ...run } = result;
  const inputs = [...named('--speedup', policy.file), ...inputsOf(run.settings, files)];
  return { ...run, notes: [...run.presets, ...policy.notes], inputs };
}

async function open(asked: Settings) {
  const { settings = asked, second } = (await openStages(asked)) ?? {};
  const model = second ? second.stages.first : await openVideoModel(settings.model);
  const given = await loadPlugins(settings.plugins, model.presets);
  const policy = await policyPlugins(settings, model, given.plugins);
  return {
    ...{ settings, second, model, policy },
    ...{ plugins: [...given.plugins, ...policy.plugins], presets: given.notes },
  };
}
