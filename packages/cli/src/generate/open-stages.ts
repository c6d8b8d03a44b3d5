import { type Plugin, SkipstoneError, type VideoSize } from '@skipstone/core';
import type { TwoStages } from '@skipstone/models-ltx';
import { assertLoras } from '../model/assert-loras.js';
import type { Settings } from '../options/settings.js';
import { loadPlugins } from '../plugins/load-plugins.js';

/** A run in two stages as the command line asks for it. */
export interface OpenStages {
  readonly stages: TwoStages;
  /** Pixels of the result. */
  readonly full: VideoSize;
  /** Plugins of the second stage. */
  readonly plugins: readonly Plugin[];
  /** As they were typed, with what presets added. */
  readonly pluginNames: readonly string[];
}

/** Opens both stages, where `--upsampler` asks for them. The settings that come back are those of the first stage. */
export async function openStages(
  settings: Settings,
): Promise<{ readonly settings: Settings; readonly second: OpenStages } | undefined> {
  const { stages: asked, model, options } = settings;
  if (!asked) return undefined;
  const ltx = await import('@skipstone/models-ltx');
  const { folder, adapter } = model;
  if (folder === undefined || adapter !== undefined || !(await ltx.isLtx(folder))) throw notLtx(folder);
  checkOneStage(settings);
  assertLoras('--lora', settings.model.options?.loras ?? []);
  assertLoras('--second-lora', asked.secondLoras ?? []);
  const { upsampler, secondLoras, secondPlugins, statistics } = asked;
  const stages = await ltx.openLtxTwoStages(folder, {
    ...(model.options as object),
    ...{ upsampler, secondLoras },
    ...(statistics === undefined ? {} : { statistics }),
  });
  const full = ltx.sizeOf(stages, options);
  const small = ltx.firstSize(full, stages.upsampler);
  const given = await loadPlugins(secondPlugins, stages.second.presets);
  const second = {
    ...{ stages, full, plugins: given.plugins },
    pluginNames: [...secondPlugins, ...given.notes],
  };
  return { settings: { ...settings, options: { ...options, ...small } }, second };
}

/** What messages call the size of the pictures of settings that came back, where it is not what was asked for. */
export const sizeInWords = ({ stages, options: { width, height } }: Settings): string | undefined =>
  stages && `the first of two stages, ${width}x${height}`;

/** What shows, compares or replays one run of one model. */
function checkOneStage({ files, reference }: Settings): void {
  const { report, trace, replay, ledger } = files;
  const asked = { '--report': report, '--trace': trace, '--replay': replay, '--ledger': ledger };
  const [flag] = Object.entries(asked).find(([, path]) => path !== undefined) ?? [];
  const one = flag ?? (reference ? '--reference' : undefined);
  if (one === undefined) return;
  throw new SkipstoneError({
    code: 'option-conflict',
    what: `${one} is of a run in one stage`,
    have: '--upsampler as well',
    need: 'one of them',
    do: `leave ${one} out`,
  });
}

function notLtx(folder: string | undefined): SkipstoneError {
  return new SkipstoneError({
    code: 'option-conflict',
    what: '--upsampler makes a video in two stages',
    have: folder ?? 'the demo model',
    need: 'a model of LTX-2',
    do: 'leave --upsampler out, or name such a model with --model',
  });
}
