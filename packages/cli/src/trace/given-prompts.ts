import { type Given, type Grid, SkipstoneError, type VideoModel } from '@skipstone/core';
import type { Prompt, RunSettings } from '@skipstone/galaxy-cache/calibration';
import { fileDigest } from '../files/file-digest.js';
import { type GivenFiles, needsImage, readGiven } from '../files/given.js';
import type { OpenOptions } from '../model/families.js';

/** Files of what runs are given beside prompts: one for all of them, or one for each, in their order. */
export interface GivenLists {
  readonly firstFrames?: readonly string[];
  readonly imageLatents?: readonly string[];
}

const OPTIONS = {
  firstFrames: { option: '--first-frames', words: 'first frames' },
  imageLatents: { option: '--image-latents', words: 'an image' },
} as const satisfies Record<keyof GivenFiles, unknown>;

const KINDS = ['firstFrames', 'imageLatents'] as const satisfies readonly (keyof GivenFiles)[];

/** How the model was opened and what runs are given beside text, in words, as far as there is something to say. */
export function inWords(
  { fps, distilled, scales }: OpenOptions = {},
  files: GivenFiles | GivenLists = {},
): Pick<RunSettings, 'opened' | 'given'> {
  const words = [
    ...(fps === undefined ? [] : [`fps ${fps}`]),
    ...(distilled ? ['distilled'] : []),
    ...(scales === undefined ? [] : [`scales ${JSON.stringify(scales)}`]),
  ];
  const given = givenWords(files);
  return {
    ...(words.length > 0 && { opened: words.join(', ') }),
    ...(given !== undefined && { given }),
  };
}

/** What runs are given beside text; `undefined` for text alone. */
function givenWords(given: GivenFiles | GivenLists): string | undefined {
  const words = KINDS.filter((kind) => given[kind] !== undefined).map((kind) => OPTIONS[kind].words);
  return words.length === 0 ? undefined : words.join(' and ');
}

/** The first file of each list: how the model is opened depends on there being one. */
export const firstOf = ({ firstFrames, imageLatents }: GivenLists): GivenFiles => ({
  ...(firstFrames?.[0] !== undefined && { firstFrames: firstFrames[0] }),
  ...(imageLatents?.[0] !== undefined && { imageLatents: imageLatents[0] }),
});

/** Refuses a model that draws from an image where there is none, and lists of another length than the prompts. */
export function assertGiven(model: VideoModel, lists: GivenLists, prompts: number): void {
  if (needsImage(model) && lists.imageLatents === undefined) {
    throw new SkipstoneError({
      code: 'option-missing',
      what: `${model.name}: it draws from an image`,
      have: 'no image',
      need: '--image-latents FILE, safetensors with latents [C, T, h, w] of the image, then grey',
      do: 'pass --image-latents FILE once for all prompts, or once for each',
    });
  }
  for (const kind of KINDS) {
    const files = lists[kind]?.length ?? 1;
    if (files === 1 || files === prompts) continue;
    const { option } = OPTIONS[kind];
    throw new SkipstoneError({
      code: 'option-conflict',
      what: `${option} is one file for all prompts, or one for each`,
      have: `${files} files, ${prompts} ${prompts === 1 ? 'prompt' : 'prompts'}`,
      need: prompts === 1 ? '1 file' : `1 file, or ${prompts}`,
      do: 'name them in the order of the prompts',
    });
  }
}

/** Prompts with what each is given; their names say so, by digest. */
export async function withGiven(
  prompts: readonly Prompt[],
  lists: GivenLists,
  model: VideoModel,
  grid: Grid,
): Promise<readonly Prompt[]> {
  assertGiven(model, lists, prompts.length);
  if (givenWords(lists) === undefined) return prompts;
  // An image for all is read once.
  const read = new Map<string, Promise<{ readonly marks: string; readonly given: Given | undefined }>>();
  return Promise.all(
    prompts.map(async ({ name, options }, i) => {
      const files: GivenFiles = Object.fromEntries(
        KINDS.flatMap((kind) => {
          const path = lists[kind]?.[i] ?? lists[kind]?.[0];
          return path === undefined ? [] : [[kind, path]];
        }),
      );
      const key = JSON.stringify(files);
      const reading = read.get(key) ?? readMarked(files, model, grid);
      read.set(key, reading);
      const { marks, given } = await reading;
      return { name: `${name}, ${marks}`, options: { ...options, ...(given && { given }) } };
    }),
  );
}

async function readMarked(files: GivenFiles, model: VideoModel, grid: Grid) {
  const marks = KINDS.flatMap((kind) => {
    const path = files[kind];
    const { option, words } = OPTIONS[kind];
    return path === undefined ? [] : [fileDigest(option, path).then((digest) => `${words} sha256:${digest}`)];
  });
  return { marks: (await Promise.all(marks)).join(', '), given: await readGiven(files, model, grid) };
}
