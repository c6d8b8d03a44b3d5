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

/** Plugins the command knows by name. */
export const PLUGINS: Readonly<Record<string, PluginEntry>> = {
  'galaxy-cache': {
    about: 'reuses what the blocks added last, at steps where a value of the first block has changed little',
    load: async () => (await import('@skipstone/galaxy-cache')).fromArguments,
  },
  'cfg-align': {
    about: 'one guidance branch decides for every plugin, the others follow',
    load: async () => (await import('@skipstone/cfg-align')).cfgAlignFromArguments,
  },
  'guidance-interval': {
    about: 'guides in a window of noise levels only',
    load: async () => (await import('@skipstone/cfg-align')).guidanceIntervalFromArguments,
  },
  'cached-guidance': {
    about: 'computes the other branches at every n-th step and rebuilds them in between',
    load: async () => (await import('@skipstone/cfg-align')).cachedGuidanceFromArguments,
  },
  hsa: {
    about: 'a step budget for every token: those that move little are computed less often',
    load: async () => (await import('@skipstone/hsa')).fromArguments,
  },
};
