import { type Plugin, SkipstoneError } from '@skipstone/core';
import { hsa } from './hsa.js';
import type { HsaOptions } from './options.js';
import type { HsaPresetName } from './presets.js';
import type { Window } from './window.js';

/** What a command line gives: values in order, and values by name. */
export interface PluginArguments {
  readonly values: readonly (string | number | boolean)[];
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/**
 * `hsa:50`, `hsa:75a`, `hsa:budget=0.4`, `hsa:strides=1/4/20,fractions=.05/.15/.8,early=5,late=1,scoreSteps=1/4`. A
 * window below 1 is a share of the steps, one of 1 or more counts them.
 */
export function fromArguments({ values, options }: PluginArguments): Plugin {
  const [name, ...more] = values;
  if (more.length > 0 || (name !== undefined && 'preset' in options)) throw tooMany(values);
  const given = Object.entries(options).map(([key, value]) => [key, READ[key]?.(value) ?? value] as const);
  const preset = name === undefined ? {} : { preset: presetNamed(name) };
  // Names and values are checked by the plugin itself.
  return hsa({ ...preset, ...(Object.fromEntries(given) as HsaOptions) });
}

type Value = string | number | boolean;

const listOf = (value: Value): readonly number[] => String(value).split('/').map(Number);
const namesOf = (value: Value): readonly string[] => String(value).split('/');
const windowOf = (value: Value): Window =>
  Number(value) < 1 && Number(value) > 0 ? { fraction: Number(value) } : { steps: Number(value) };
const presetNamed = (value: Value): HsaPresetName =>
  (String(value).startsWith('hsa-') ? value : `hsa-${value}`) as HsaPresetName;

const READ: Readonly<Record<string, (value: Value) => unknown>> = {
  strides: listOf,
  fractions: listOf,
  scoreSteps: listOf,
  streams: namesOf,
  early: windowOf,
  late: windowOf,
  preset: presetNamed,
};

function tooMany(values: readonly Value[]): SkipstoneError {
  return new SkipstoneError({
    code: 'plugin-arguments',
    what: '--plugin hsa: these arguments cannot be read',
    have: values.join(', '),
    need: 'one preset',
    do: 'for example --plugin hsa:50, or --plugin hsa:budget=0.4',
  });
}
