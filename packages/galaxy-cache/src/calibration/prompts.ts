import { type GenerateOptions, SkipstoneError, type VideoModel } from '@skipstone/core';

/** A prompt of a trace or a policy: how files name it, and what `generate` takes for it. */
export interface Prompt {
  /** The text, or `embeds sha256:…` for an encoded prompt; then what it is given, `first frames sha256:…`. */
  readonly name: string;
  readonly options: Pick<GenerateOptions, 'prompt' | 'embeds' | 'given'>;
}

/** A prompt that is its text. */
export const textPrompt = (text: string): Prompt => ({ name: text, options: { prompt: text } });

/** The first example prompts of a model: as many as asked for, or an error (`option-value`). */
export function examplePrompts(model: VideoModel, count: number): readonly Prompt[] {
  assertText(model);
  const { name, text } = model;
  const all = text?.manyExamples?.(count) ?? text?.examples ?? [];
  if (all.length >= count) return all.slice(0, count).map(textPrompt);
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
  const all = examplePrompts(model, count + used.size).filter(({ name }) => !used.has(name));
  return all.slice(0, count);
}

/** Refuses prompts of which two are the same: text, and what it is given. */
export function distinct(prompts: readonly Prompt[]): readonly Prompt[] {
  const names = prompts.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return prompts;
  throw fault('prompts: one is there twice', `"${twice}"`, 'each prompt once');
}

/** Refuses a model that cannot read text. */
export function assertText(model: VideoModel): void {
  if (model.text) return;
  throw fault(`${model.name}: it cannot read prompts`, 'a model without a text encoder', '--embeds FILE');
}

function fault(what: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({ code: 'option-value', what, have, need, do: 'change the prompts' });
}
