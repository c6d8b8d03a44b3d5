import { type Plugin, SkipstoneError } from '@skipstone/core';
import { galaxyCache } from './galaxy-cache.js';
import { type GalaxyCacheOptions, unknownOption } from './options.js';

type Value = string | number | boolean;

/** What follows the name in `--plugin galaxy-cache:0.12,tap=cross_attn_out`. */
export interface Arguments {
  readonly values: readonly Value[];
  readonly options: Readonly<Record<string, Value>>;
}

/** Flat names of the command line → where they stand among the options. */
const NESTED: Readonly<Record<string, readonly [keyof GalaxyCacheOptions, string]>> = {
  warmup: ['warmup', 'fraction'],
  warmupSteps: ['warmup', 'steps'],
  warmupSigma: ['warmup', 'sigma'],
  residualStorage: ['storage', 'residual'],
  proxyStorage: ['storage', 'proxy'],
  speedup: ['target', 'speedup'],
};
const PLAIN = [
  ...['tap', 'threshold', 'reset', 'lastSteps'],
  ...['maxConsecutive', 'predictor', 'space', 'stream'],
];

/** Makes the plugin of what a command line says; the first value is the threshold. */
export function fromArguments({ values, options }: Arguments): Plugin {
  const given: Record<string, unknown> = {};
  if (values.length > 1 || (values.length > 0 && 'threshold' in options)) throw oneThreshold(values);
  if (values[0] !== undefined) given.threshold = values[0];
  const known = [...PLAIN, ...Object.keys(NESTED)];
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw unknownOption(name, known);
    const [outer, inner] = NESTED[name] ?? [name];
    if (inner === undefined) given[outer] = value;
    else given[outer] = { ...(given[outer] as object | undefined), [inner]: value };
  }
  // Values of any type: the plugin checks them.
  return galaxyCache(given as Record<string, unknown> & GalaxyCacheOptions);
}

function oneThreshold(values: readonly Value[]): SkipstoneError {
  return new SkipstoneError({
    code: 'plugin-arguments',
    what: 'galaxy-cache: one value without a name is the threshold, and there are more',
    have: values.join(', '),
    need: 'one threshold, other options by name',
    do: 'for example --plugin galaxy-cache:0.12,tap=cross_attn_out',
  });
}
