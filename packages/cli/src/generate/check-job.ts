import { SkipstoneError, type VideoModel } from '@skipstone/core';
import { embedsNeeded } from '../files/embeds.js';
import type { Settings } from '../options/settings.js';

/** Refuses what the model cannot do, and options that contradict each other, before anything is computed. */
export function checkJob(settings: Settings, model: VideoModel): void {
  const { options, count, files, out } = settings;
  const { embeds, noise, resume } = files;
  if (embeds !== undefined && (options.prompt !== undefined || options.negative !== undefined)) {
    throw conflict('--embeds stands for the prompts', 'a prompt as well', 'one of them', 'leave the prompt out');
  }
  checkSource(settings, model);
  if (!model.codec && out !== undefined) {
    throw conflict(`${model.name}: pictures cannot be made yet`, '--out', '--latents-out FILE', 'leave --out out');
  }
  if (count > 1 && noise !== undefined) {
    throw conflict('--noise makes the same video each time', `--count ${count}`, 'one video', 'leave --count out');
  }
  if (count > 1 && resume !== undefined) {
    throw conflict('--resume is of one video', `--count ${count}`, 'one video', 'leave --count out');
  }
  if (!Number.isSafeInteger((options.seed ?? 0) + count)) {
    throw conflict('--count leads past the last seed', `--seed ${options.seed}`, 'seeds below 2^53', 'a smaller seed');
  }
}

/** Is there something to draw, and somewhere to put it? */
function checkSource({ options, files }: Settings, model: VideoModel): void {
  const lacksEmbeds = !model.text && files.embeds === undefined;
  const lacksLatents = !model.codec && files.latentsOut === undefined;
  if (lacksEmbeds || lacksLatents) throw incomplete(model, lacksEmbeds, lacksLatents);
  if (files.embeds !== undefined || options.prompt !== undefined) return;
  throw new SkipstoneError({
    code: 'option-missing',
    what: `${model.name}: there is nothing to draw`,
    have: 'no prompt',
    need: 'a prompt, in quotes',
    do: `skipstone generate "${model.text?.examples[0] ?? 'PROMPT'}"`,
  });
}

function incomplete(model: VideoModel, embeds: boolean, latents: boolean): SkipstoneError {
  const { defaults } = model;
  const grid = model.grid(defaults);
  const shapes = Object.values(model.latentShape(grid)).map((shape) => `[${shape.join(', ')}]`);
  const needs = [
    ...(embeds ? [`--embeds FILE, safetensors with ${embedsNeeded(model)}`] : []),
    ...(latents
      ? [
          '--latents-out FILE, which gets latents [C, T, h, w]: ' +
            `${shapes.join(' and ')} at ${defaults.width}x${defaults.height}, ${defaults.frames} frames`,
        ]
      : []),
  ];
  const parts = [...(model.text ? [] : ['text encoder']), ...(model.codec ? [] : ['decoder'])];
  return new SkipstoneError({
    code: 'option-missing',
    what: `${model.name}: only its transformer can be run yet`,
    have: `a model without ${parts.join(' and ')}`,
    need: needs.join('; and '),
    do: `pass ${[...(embeds ? ['--embeds FILE'] : []), ...(latents ? ['--latents-out FILE'] : [])].join(' ')}`,
  });
}

function conflict(what: string, have: string, need: string, remedy: string): SkipstoneError {
  return new SkipstoneError({ code: 'option-conflict', what, have, need, do: remedy });
}
