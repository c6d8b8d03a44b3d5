import type { MethodPresets } from '@skipstone/core';
import type { NamedArguments, PluginArguments, PluginValue } from './arguments.js';

/** A plugin's options with what presets say of those that were left out; and what they said, in words. */
export function withPresets(
  { name, options }: NamedArguments,
  presets: MethodPresets,
): { readonly options: PluginArguments['options']; readonly taken: readonly string[] } {
  const usual: Record<string, PluginValue> = {};
  const taken: string[] = [];
  for (const [option, { value, source, measured }] of Object.entries(presets[name] ?? {})) {
    if (Object.hasOwn(options, option) || !isPlain(value)) continue;
    usual[option] = value;
    taken.push(`${name}: ${option} ${value} (${[source, measured].filter(Boolean).join('; ')})`);
  }
  return { options: { ...usual, ...options }, taken };
}

const isPlain = (value: unknown): value is PluginValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
