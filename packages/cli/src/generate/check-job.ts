import { gridOf, type JsonOptions, type Plugin, SkipstoneError, type VideoModel } from '@skipstone/core';
import { pipelineOf } from '@skipstone/pipeline';
import { embedsNeeded } from '../files/embeds.js';
import { needsImage } from '../files/given.js';
import type { Settings } from '../options/settings.js';

/** Refuses what the model cannot do, and options that contradict each other, before anything is computed. */
export function checkJob(settings: Settings, model: VideoModel): void {
  const { options, count, files, out } = settings;
  const { embeds, noise, resume, report, trace } = files;
  if (embeds !== undefined && (options.prompt !== undefined || options.negative !== undefined)) {
    throw conflict(
      '--embeds stands for the prompts',
      'a prompt as well',
      'one of them',
      'leave the prompt out',
    );
  }
  checkSource(settings, model);
  checkImages(settings, model);
  if (trace !== undefined && report === undefined) {
    throw conflict(
      '--trace is shown in the page of --report',
      '--trace',
      '--report FILE',
      'pass --report FILE',
    );
  }
  if (!model.codec && out !== undefined) {
    throw conflict(
      `${model.name}: pictures cannot be made yet`,
      '--out',
      '--latents-out FILE',
      'leave --out out',
    );
  }
  if (count > 1 && noise !== undefined) {
    throw conflict(
      '--noise makes the same video each time',
      `--count ${count}`,
      'one video',
      'leave --count out',
    );
  }
  if (count > 1 && resume !== undefined) {
    throw conflict('--resume is of one video', `--count ${count}`, 'one video', 'leave --count out');
  }
  const { seed = 0 } = options;
  // A sum beyond the last seed may round down to it.
  if (seed <= Number.MAX_SAFE_INTEGER - (count - 1)) return;
  throw conflict(
    `--count ${count} leads past the last seed`,
    `--seed ${seed}`,
    `at most ${Number.MAX_SAFE_INTEGER - count + 1} for ${count} videos`,
    'a smaller --seed',
  );
}

/** A run without plugins is its own reference. */
export function checkReference({ reference }: Settings, plugins: readonly Plugin[]): void {
  if (!reference || plugins.length > 0) return;
  throw conflict(
    '--reference makes the video without plugins, to compare with',
    'no plugin',
    'a plugin whose video can differ',
    'leave --reference out, or pass --plugin NAME',
  );
}

/** Is there something to draw, and somewhere to put it? */
function checkSource(settings: Settings, model: VideoModel): void {
  const { options, files } = settings;
  const lacksEmbeds = !model.text && files.embeds === undefined;
  const lacksLatents = !model.codec && files.latentsOut === undefined;
  const lacksImage = needsImage(model) && files.imageLatents === undefined && files.image === undefined;
  if (lacksEmbeds || lacksLatents || lacksImage) {
    throw incomplete(settings, model, { embeds: lacksEmbeds, latents: lacksLatents, image: lacksImage });
  }
  if (files.embeds !== undefined || options.prompt?.trim()) return;
  throw new SkipstoneError({
    code: 'option-missing',
    what: `${model.name}: there is nothing to draw`,
    have: options.prompt === undefined ? 'no prompt' : 'a prompt without words',
    need: 'a prompt, in quotes',
    do: `skipstone generate "${model.text?.examples[0] ?? 'PROMPT'}"`,
  });
}

/** A picture is encoded by the model's own parts. */
function checkImages({ files }: Settings, model: VideoModel): void {
  const { image, lastImage, imageLatents, firstFrames } = files;
  if (image === undefined) {
    if (lastImage === undefined) return;
    throw conflict(
      '--last-image ends what --image begins',
      '--last-image',
      '--image FILE',
      'pass --image FILE',
    );
  }
  if (imageLatents !== undefined || firstFrames !== undefined) {
    const other = imageLatents === undefined ? '--first-frames' : '--image-latents';
    throw conflict('--image stands for its latents', `${other} as well`, 'one of them', `leave ${other} out`);
  }
  if (pipelineOf(model)) return;
  throw conflict(
    `${model.name}: --image needs the parts that encode it`,
    model.phases[0] ? 'a transformer alone, or the demo model' : 'no transformer',
    "a model's whole folder, with model_index.json, text_encoder, tokenizer and vae",
    'name the whole folder as --model, or pass --image-latents FILE',
  );
}

const IMAGE_LATENTS = '--image-latents FILE, safetensors with latents [C, T, h, w] of the image, then grey';

interface Lacking {
  readonly embeds: boolean;
  readonly latents: boolean;
  readonly image: boolean;
}

function incomplete({ options }: Settings, model: VideoModel, lacks: Lacking): SkipstoneError {
  const { embeds, latents, image } = lacks;
  const needs = [
    ...(embeds ? [`--embeds FILE, safetensors with ${embedsNeeded(model)}`] : []),
    ...(image ? [pipelineOf(model) ? '--image FILE, a picture' : IMAGE_LATENTS] : []),
    ...(latents ? [`--latents-out FILE, which gets latents [C, T, h, w]${shapeOf(options, model)}`] : []),
  ];
  const flags = [
    ...(embeds ? ['--embeds FILE'] : []),
    ...(image ? [pipelineOf(model) ? '--image FILE' : '--image-latents FILE'] : []),
    ...(latents ? ['--latents-out FILE'] : []),
  ];
  const parts = [...(model.text ? [] : ['text encoder']), ...(model.codec ? [] : ['decoder'])];
  const only = image && !embeds && !latents;
  return new SkipstoneError({
    code: 'option-missing',
    what: `${model.name}: ${only ? 'it draws from an image' : 'only its transformer is there'}`,
    have: only ? 'no image' : `a model without ${parts.join(' and ')}`,
    need: needs.join('; and '),
    do: `pass ${flags.join(' ')}`,
  });
}

/** The shape of the latents asked for, where the model has that size. */
function shapeOf(options: JsonOptions, model: VideoModel): string {
  try {
    const shapes = Object.values(model.latentShape(gridOf(model, options)));
    return `, here ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')}`;
  } catch {
    return '';
  }
}

function conflict(what: string, have: string, need: string, remedy: string): SkipstoneError {
  return new SkipstoneError({ code: 'option-conflict', what, have, need, do: remedy });
}
