export { EXIT } from './exit.js';
export { main } from './main.js';
export type { OpenOptions } from './model/families.js';
export type { AdapterModule } from './model/load-adapter.js';
export type { PluginArguments, PluginValue } from './plugins/arguments.js';
export type { PluginEntry, PluginFromArguments } from './plugins/registry.js';
