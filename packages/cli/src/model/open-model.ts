import { SkipstoneError, type VideoModel, withLoras } from '@skipstone/core';
import { isWhole, openPipeline } from '@skipstone/pipeline';
import { assertLoras } from './assert-loras.js';
import { familiesWith, familyOf, type ModelFamily, type OpenOptions } from './families.js';
import { adapterFamily } from './load-adapter.js';

/** Which model, and how it is opened. */
export interface ModelRequest {
  /** Where it lies; the demo model unless given. */
  readonly folder?: string | undefined;
  /** Module that opens it, where it is of no family that the command knows. */
  readonly adapter?: string | undefined;
  readonly options?: OpenOptions;
}

/** The model in a folder, or the demo model. Refuses options that it does not have. */
export async function openVideoModel({ folder, adapter, options = {} }: ModelRequest): Promise<VideoModel> {
  assertLoras('--lora', options.loras ?? []);
  if (folder === undefined) {
    if (adapter !== undefined) throw lacksFolder(adapter);
    assertHas({ name: 'the demo model', options: ['loras'] }, options);
    return withLoras(await (await import('@skipstone/demo-model')).demoModel(), options.loras);
  }
  const family = adapter === undefined ? await familyOf(folder) : await adapterFamily(adapter);
  if (!family) throw new TypeError(`${folder} is of no family`);
  assertHas(family, options);
  // Most models say by themselves whether clean frames may be given; `--first-frames` is held against that.
  const { firstFrame, ...rest } = options;
  if (adapter === undefined && (await isWhole(folder))) return openWhole(folder, family, options);
  return family.open(folder, family.options.includes('firstFrame') ? options : rest);
}

/** A model with its encoder and decoder. */
async function openWhole(folder: string, family: ModelFamily, options: OpenOptions): Promise<VideoModel> {
  const { variant, loras, fps, distilled, scales, firstFrame } = options;
  const ltx = {
    ...(distilled && { distilled }),
    ...(scales && { scales }),
    ...(firstFrame && { firstFrame }),
  };
  const { model } = await openPipeline(folder, {
    ...{ variant, ...(loras && { loras }), ...(fps === undefined ? {} : { fps }) },
    ...(family.options.includes('distilled') && { ltx }),
  });
  return model;
}

const FLAG_OF = {
  variant: '--variant',
  loras: '--lora',
  fps: '--fps',
  distilled: '--distilled',
  scales: '--scales',
} as const;

function assertHas(
  { name, options: known }: Pick<ModelFamily, 'name' | 'options'>,
  asked: OpenOptions,
): void {
  for (const option of ['variant', 'loras', 'fps', 'distilled', 'scales'] as const) {
    if (asked[option] === undefined || known.includes(option)) continue;
    const flag = FLAG_OF[option];
    throw new SkipstoneError({
      code: 'option-conflict',
      what: `${flag} is no option of ${name}`,
      have: `${flag} ${JSON.stringify(asked[option])}`,
      need: `a model of ${familiesWith(option).join(' or ')}`,
      do: `leave ${flag} out`,
    });
  }
}

function lacksFolder(adapter: string): SkipstoneError {
  return new SkipstoneError({
    code: 'option-missing',
    what: '--adapter opens what --model names',
    have: `--adapter ${adapter} alone`,
    need: '--model DIR',
    do: 'name the folder or file of the model',
  });
}
