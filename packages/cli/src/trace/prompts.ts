import { readFile } from 'node:fs/promises';
import { type GenerateOptions, SkipstoneError, type VideoModel } from '@skipstone/core';
import { readEmbeds } from '../files/embeds.js';
import { fileDigest } from '../files/file-digest.js';
import type { PromptSource } from './trace-settings.js';

/** A prompt of a trace or a policy: how files name it, and what `generate` takes for it. */
export interface Prompt {
  /** The text, or `embeds sha256:…` for an encoded prompt; then what it is given, `first frames sha256:…`. */
  readonly name: string;
  readonly options: Pick<GenerateOptions, 'prompt' | 'embeds' | 'given'>;
}

/** Reads the prompts of a source, each one that the model can read. */
export async function readPrompts(source: PromptSource, model: VideoModel): Promise<readonly Prompt[]> {
  if (source.kind === 'embeds') return Promise.all(source.paths.map((path) => encoded(path, model)));
  const texts = source.kind === 'examples' ? examples(model, source.count) : await lines(source.path);
  assertText(model);
  for (const text of texts) await model.text?.encode(text);
  return texts.map((text) => ({ name: text, options: { prompt: text } }));
}

/** The first example prompts of a model: as many as asked for, or an error. */
export function examples(model: VideoModel, count: number): readonly string[] {
  assertText(model);
  const { name, text } = model;
  const all = text?.manyExamples?.(count) ?? text?.examples ?? [];
  if (all.length >= count) return all.slice(0, count);
  throw new SkipstoneError({
    code: 'option-value',
    what: `--examples: ${name} has fewer example prompts`,
    have: `--examples ${count}`,
    need: `at most ${all.length}`,
    do: 'pass --prompts FILE',
  });
}

/** The first example prompts that are none of these. */
export function promptsBeside(model: VideoModel, count: number, these: readonly string[]): readonly Prompt[] {
  const used = new Set(these);
  const all = examples(model, count + used.size).filter((text) => !used.has(text));
  return all.slice(0, count).map((text) => ({ name: text, options: { prompt: text } }));
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

/** Refuses prompts of which two are the same: text, and what it is given. */
export function distinct(prompts: readonly Prompt[]): readonly Prompt[] {
  const names = prompts.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return prompts;
  throw fault('prompts: one is there twice', `"${twice}"`, 'each prompt once');
}

function assertText(model: VideoModel): void {
  if (model.text) return;
  throw fault(`${model.name}: it cannot read prompts`, 'a model without a text encoder', '--embeds FILE');
}

function fault(what: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({ code: 'option-value', what, have, need, do: 'change the prompts' });
}
