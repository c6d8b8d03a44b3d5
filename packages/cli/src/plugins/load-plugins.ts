import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type MethodPresets, nearestName, type Plugin, SkipstoneError } from '@skipstone/core';
import { type NamedArguments, parsePlugin } from './arguments.js';
import { withPresets } from './presets.js';
import { PLUGINS, type PluginFromArguments } from './registry.js';

export interface LoadedPlugins {
  readonly plugins: readonly Plugin[];
  /** Options that came from the model's presets, in words. */
  readonly notes: readonly string[];
}

/**
 * Plugins of the command line, in order: from the registry by name, or from a module by its path. What a text
 * leaves out is as the model's presets have it.
 */
export async function loadPlugins(
  texts: readonly string[],
  presets: MethodPresets = {},
  registry = PLUGINS,
): Promise<LoadedPlugins> {
  const plugins: Plugin[] = [];
  const notes: string[] = [];
  for (const text of texts) {
    const parsed = parsePlugin(text);
    const make = isPath(parsed.name) ? await fromModule(parsed.name) : await fromRegistry(parsed, registry);
    const { options, taken } = withPresets(parsed, presets);
    plugins.push(make({ values: parsed.values, options }));
    notes.push(...taken);
  }
  return { plugins, notes };
}

/** The file of a plugin that is a module of one's own. */
export function pluginFile(text: string): string | undefined {
  const { name } = parsePlugin(text);
  return isPath(name) ? resolve(name) : undefined;
}

const isPath = (name: string): boolean => /[\\/]/.test(name) || /\.[cm]?js$/.test(name);

async function fromRegistry(
  { name }: NamedArguments,
  registry: typeof PLUGINS,
): Promise<PluginFromArguments> {
  const entry = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (entry) return entry.load();
  const known = Object.keys(registry);
  const nearest = nearestName(name, known);
  throw new SkipstoneError({
    code: 'unknown-plugin',
    what: `--plugin: there is no plugin ${name}`,
    have: name,
    need: known.join(', ') || 'no plugin comes with this version; the path of a module',
    do: nearest ? `did you mean ${nearest}?` : `leave it out, or name your own: --plugin ./${name}.js`,
  });
}

/** A module of one's own: `export function plugin({ values, options }) { return { name, contract: 1, … } }`. */
async function fromModule(path: string): Promise<PluginFromArguments> {
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw unusable(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
  const { plugin } = module as { plugin?: unknown };
  if (typeof plugin === 'function') return plugin as PluginFromArguments;
  throw unusable(path, `exports: ${Object.keys(module).join(', ') || 'none'}`);
}

function unusable(path: string, have: string, cause?: unknown): SkipstoneError {
  return new SkipstoneError({
    code: 'unknown-plugin',
    what: `--plugin ${path}: this module gives no plugin`,
    have,
    need: 'a module that exports a function named plugin',
    do: 'export function plugin({ values, options }) { return { name, contract: 1, setup } }',
    ...(cause === undefined ? {} : { cause }),
  });
}
