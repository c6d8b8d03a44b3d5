import { type Plugin, SkipstoneError } from '@skipstone/core';
import { cachedGuidance } from './cached-guidance.js';
import { type CfgAlignOptions, cfgAlign } from './cfg-align.js';
import { guidanceInterval } from './guidance-interval.js';

/** What a command line gives: values in order, and values by name. */
export interface PluginArguments {
  readonly values: readonly (string | number | boolean)[];
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

/** `cfg-align`, `cfg-align:uncond`, `cfg-align:leader=uncond`. */
export const cfgAlignFromArguments = (given: PluginArguments): Plugin =>
  cfgAlign(named('cfg-align', given, ['leader']) as CfgAlignOptions);

/** `guidance-interval:0.9..0.2`, `guidance-interval:from=0.9,to=0.2`. */
export function guidanceIntervalFromArguments({ values, options }: PluginArguments): Plugin {
  const ends = values.flatMap((value) => String(value).split('..').map(Number));
  return guidanceInterval(named('guidance-interval', { values: ends, options }, ['from', 'to']));
}

/** `cached-guidance:5`, `cached-guidance:5,form=prediction,warmup=0.2`; a warm-up of 1 or more counts steps. */
export function cachedGuidanceFromArguments(given: PluginArguments): Plugin {
  const { warmup, ...rest } = named('cached-guidance', given, ['every']);
  if (warmup === undefined) return cachedGuidance(rest);
  const count = Number(warmup);
  return cachedGuidance({ ...rest, warmup: count < 1 ? { fraction: count } : { steps: count } });
}

/** Gives values without a name the names of these places. */
function named(
  plugin: string,
  { values, options }: PluginArguments,
  places: readonly string[],
): PluginArguments['options'] {
  const placed = values.map((value, i) => [places[i] ?? `value ${i + 1}`, value] as const);
  const [twice] = placed.find(([name], i) => i >= places.length || Object.hasOwn(options, name)) ?? [];
  if (twice === undefined) return { ...Object.fromEntries(placed), ...options };
  throw new SkipstoneError({
    code: 'plugin-arguments',
    what: `--plugin ${plugin}: these arguments cannot be read`,
    have: Object.hasOwn(options, twice) ? `${twice} twice` : `${values.length} values`,
    need: `at most ${places.join(', ')}, in this order or by name, each once`,
    do: `for example --plugin ${plugin}:${places.map((place) => `${place}=…`).join(',')}`,
  });
}
