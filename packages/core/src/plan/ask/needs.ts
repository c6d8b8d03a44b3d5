import { nearestName, SkipstoneError } from '../../error.js';
import type { Station } from '../../graph/pass-graph.js';
import type { ModelSpec } from '../../spec/model.js';
import { CONTRACT, type Jump, type Needs, type Plugin } from '../../spec/plugin.js';

/** What all plugins of a run need of one pass, with who asked. */
export interface PassNeeds {
  readonly cuts: ReadonlyMap<string, readonly string[]>;
  readonly outputs: ReadonlyMap<string, readonly string[]>;
  readonly jumps: readonly (Jump & { readonly who: string })[];
}

export interface PluginNeeds {
  readonly plugin: Plugin;
  readonly needs: Needs;
}

/** Asks each plugin what it needs of this model; refuses contracts and names that do not fit. */
export function askPlugins(spec: ModelSpec, plugins: readonly Plugin[]): readonly PluginNeeds[] {
  assertPlugins(plugins);
  const names = new Set<string>();
  return plugins.map((plugin) => {
    if (plugin.contract !== CONTRACT) {
      throw new SkipstoneError({
        code: 'plugin-contract',
        what: `${plugin.name}: it was written for another version of the plugin contract`,
        have: `contract ${String(plugin.contract)}`,
        need: `contract ${CONTRACT}`,
        do: `update ${plugin.name}, or use the @skipstone/core it was made for`,
      });
    }
    if (names.has(plugin.name)) {
      throw new SkipstoneError({
        code: 'plugin-twice',
        what: `${plugin.name}: it is in the list twice`,
        have: plugins.map((p) => p.name).join(', '),
        need: 'each plugin once',
        do: 'remove one of them',
      });
    }
    names.add(plugin.name);
    return { plugin, needs: plugin.needs?.(spec) ?? {} };
  });
}

/** Refuses what is no list of plugins: a name, a promise of a plugin, none of it. */
export function assertPlugins(plugins: unknown): void {
  const wrong = (what: string, value: unknown): SkipstoneError => {
    const promise = value instanceof Promise;
    const shown =
      typeof value === 'string' ? `the text '${value}'` : value === null ? 'null' : `a ${typeof value}`;
    return new SkipstoneError({
      code: 'plugin-value',
      what: `${what} is no ${Array.isArray(plugins) ? 'plugin' : 'list of plugins'}`,
      have: promise ? 'a promise' : shown,
      need: 'plugins: [plugin, …], each an object with name, contract and setup',
      do: promise
        ? 'await it first'
        : "call the plugin's function: plugins: [hsa({ … })]; leave it out for none",
    });
  };
  if (!Array.isArray(plugins)) throw wrong('plugins', plugins);
  for (const [i, plugin] of plugins.entries()) {
    const { name, setup } = (plugin ?? {}) as Partial<Plugin>; // anything may come from JavaScript
    if (typeof name !== 'string' || typeof setup !== 'function') throw wrong(`plugins[${i}]`, plugin);
  }
}

/** The union of needs, for a pass with these stations. Taps that only the model's own pass has are left out. */
export function uniteNeeds(
  all: readonly PluginNeeds[],
  stations: readonly Station[],
  blocks: number,
  whole: readonly Station[] = stations,
): PassNeeds {
  const cuts = new Map<string, string[]>();
  const outputs = new Map<string, string[]>();
  const jumps: (Jump & { who: string })[] = [];
  const put = (map: Map<string, string[]>, station: string, who: string): void => {
    const has = (line: readonly Station[]): boolean => line.some(({ name }) => name === station);
    if (!has(stations) && has(whole)) return;
    const at = stationNamed(stations, station, who).name;
    map.set(at, [...(map.get(at) ?? []), who]);
  };
  for (const { plugin, needs } of all) {
    const who = plugin.name;
    for (const station of needs.cuts ?? []) put(cuts, station, who);
    for (const station of needs.outputs ?? []) put(outputs, station, who);
    if ((needs.cuts?.length ?? 0) > 0) put(cuts, 'trunk', who);
    for (let i = 0; needs.blocks && i < blocks; i++) put(cuts, `blocks.${i}`, who);
    for (const jump of needs.jumps ?? []) {
      for (const end of [jump.from, jump.to]) hiddenStation(stations, end, who);
      jumps.push({ ...jump, who });
    }
  }
  return { cuts, outputs, jumps };
}

/** The station of this name; otherwise an error that names the nearest. */
export function stationNamed(stations: readonly Station[], name: string, who: string): Station {
  const found = stations.find((station) => station.name === name);
  if (found) return found;
  const names = stations.map((station) => station.name);
  throw new SkipstoneError({
    code: 'plan-station',
    what: `${who}: the model has no station ${name}`,
    have: `${names.length} stations, ${names.slice(0, 12).join(', ')}, …`,
    need: 'a tap or a hidden station of this model',
    do: `did you mean ${nearestName(name, names)}?`,
  });
}

/** Asserts that a pass can go on from a station: it exists and is no tap. */
export function hiddenStation(stations: readonly Station[], name: string, who: string): void {
  const station = stationNamed(stations, name, who);
  if (station.kind === 'hidden') return;
  throw new SkipstoneError({
    code: 'plan-station',
    what: `${who}: a pass cannot go on from ${name}, it is a tap`,
    have: `${name}`,
    need: 'a hidden station, such as embed, blocks.<i> or trunk',
    do: 'jump between ends of blocks',
  });
}
