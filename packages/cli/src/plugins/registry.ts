import type { Plugin } from '@skipstone/core';
import type { PluginArguments } from './arguments.js';

/** Makes a plugin of what the command line says; throws a `SkipstoneError` where it means nothing. */
export type PluginFromArguments = (args: PluginArguments) => Plugin;

export interface PluginEntry {
  /** One sentence, for lists. */
  readonly about: string;
  /** Imports the package, which the command loads only when the plugin is asked for. */
  load(): Promise<PluginFromArguments>;
}

/**
 * Plugins the command knows by name. A package joins with one line:
 *
 *     'galaxy-cache': { about: '…', load: async () => (await import('@skipstone/galaxy-cache')).fromArguments },
 */
export const PLUGINS: Readonly<Record<string, PluginEntry>> = {};
