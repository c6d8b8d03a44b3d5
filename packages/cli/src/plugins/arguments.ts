import { existsSync } from 'node:fs';
import { SkipstoneError } from '@skipstone/core';

/** What follows the name in `--plugin name:0.3,window=8,aligned`. */
export interface PluginArguments {
  /** Values without a name, in order. */
  readonly values: readonly PluginValue[];
  /** Values by name. */
  readonly options: Readonly<Record<string, PluginValue>>;
}

/** Numbers and true or false where the text is one; else the text. */
export type PluginValue = string | number | boolean;

export interface NamedArguments extends PluginArguments {
  readonly name: string;
}

/**
 * Takes `name:arg,key=value` apart. A path may hold a colon after a drive's letter (`C:\…`), and any where a file of
 * that name is there.
 */
export function parsePlugin(text: string): NamedArguments {
  const colon = endOfFile(text) ?? text.indexOf(':', /^[a-z]:[\\/]/i.test(text) ? 2 : 0);
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  if (name === '') throw malformed(text, 'no name');
  const values: PluginValue[] = [];
  const options = new Map<string, PluginValue>();
  for (const part of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const [key, ...rest] = part.split('=').map((word) => word.trim());
    if (key === undefined || key === '') throw malformed(text, 'an empty argument');
    if (rest.length === 0) values.push(readPart(key));
    else if (options.has(key)) throw malformed(text, `${key} twice`);
    else options.set(key, readPart(rest.join('=')));
  }
  return { name, values, options: Object.fromEntries(options) };
}

/** Where the name of a file with colons ends: at the colon behind it, or (-1) with the text. */
function endOfFile(text: string): number | undefined {
  const ends = [...text.matchAll(/:|$/g)]
    .map(({ index }) => index)
    .slice(1)
    .reverse();
  const end = ends.find((at) => /[\\/]/.test(text.slice(0, at)) && existsSync(text.slice(0, at)));
  return end === text.length ? -1 : end;
}

function readPart(text: string): PluginValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function malformed(text: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'plugin-arguments',
    what: `--plugin ${text}: this cannot be read`,
    have,
    need: 'name, or name:value,key=value',
    do: 'for example --plugin name:0.3,window=8',
  });
}
