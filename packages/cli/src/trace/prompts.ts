import { readFile } from 'node:fs/promises';
import { SkipstoneError, type VideoModel } from '@skipstone/core';
import { assertText, examplePrompts, type Prompt, textPrompt } from '@skipstone/galaxy-cache/calibration';
import { readEmbeds } from '../files/embeds.js';
import { fileDigest } from '../files/file-digest.js';
import type { PromptSource } from './trace-settings.js';

/** Reads the prompts of a source, each one that the model can read. */
export async function readPrompts(source: PromptSource, model: VideoModel): Promise<readonly Prompt[]> {
  if (source.kind === 'embeds') return Promise.all(source.paths.map((path) => encoded(path, model)));
  const prompts =
    source.kind === 'examples'
      ? examplePrompts(model, source.count)
      : (await lines(source.path)).map(textPrompt);
  assertText(model);
  for (const { name } of prompts) await model.text?.encode(name);
  return prompts;
}

async function lines(path: string): Promise<readonly string[]> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SkipstoneError({
      code: 'input-file',
      what: `--prompts ${path}: this file cannot be read`,
      have: cause instanceof Error ? cause.message : String(cause),
      need: 'a file of prompts, one a line',
      do: 'check the path',
      cause,
    });
  }
  const found = content
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (found.length > 0) return found;
  throw fault(`--prompts ${path}: there are no prompts in it`, 'no line with words', 'one prompt a line');
}

async function encoded(path: string, model: VideoModel): Promise<Prompt> {
  const name = `embeds sha256:${await fileDigest('--embeds', path)}`;
  return { name, options: { embeds: await readEmbeds(path, model) } };
}

function fault(what: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({ code: 'option-value', what, have, need, do: 'change the prompts' });
}
