import { SkipstoneError } from '../../error.js';
import { packedShape } from '../../kernel/packed-rows.js';
import { mapStreams } from '../../kernel/stream.js';
import type { ModelSpec } from '../../spec/model.js';
import type { Streams } from '../../spec/tensor.js';
import type { CacheNeed, TokenStorage } from '../../spec/token-cache.js';
import type { Dim } from '../../spec/value.js';
import { type PluginNeeds, stationNamed } from '../ask/needs.js';
import type { StationPlan } from '../cut/station-plan.js';

/** A cache that a plugin declared, worked out for a model. */
export interface PlannedCache extends Required<Omit<CacheNeed, 'rowsOf' | 'streams'>> {
  readonly name: string;
  /** Values in a row of each stream it holds. */
  readonly widths: Streams<number>;
}

/** What a pass of a model has: what rows are measured by. */
export interface CacheModel {
  readonly spec: Pick<ModelSpec, 'streams'>;
  readonly stations: ReadonlyMap<string, StationPlan>;
}

/** The caches of a plugin; refuses what the model does not have. */
export function plannedCaches(
  { plugin, needs }: PluginNeeds,
  { spec, stations }: CacheModel,
): readonly PlannedCache[] {
  const widthsOf = (rowsOf: string | number): Streams<Dim | undefined> => {
    if (typeof rowsOf === 'number') return mapStreams(spec.streams, () => rowsOf);
    if (rowsOf === 'latents') return mapStreams(spec.streams, ({ patch }) => patch);
    return mapStreams(stationNamed([...stations.values()], rowsOf, plugin.name).values, ({ shape }) =>
      shape.at(-1),
    );
  };
  return Object.entries(needs.caches ?? {}).map(([name, need]) => {
    const { rowsOf, per = 'branch', storage = 'float32', generations = 1, leftOut = 'forget' } = need;
    if (!Number.isInteger(generations) || generations < 1)
      throw wrongCache(plugin.name, name, `${generations} generations`, 'a whole number, 1 or more');
    const has = widthsOf(rowsOf);
    const asked = (need.streams ?? Object.keys(has)).map((stream) => [stream, has[stream]] as const);
    const widths = Object.fromEntries(
      asked.map(([stream, width]) => {
        if (typeof width === 'number' && Number.isInteger(width) && width > 0) return [stream, width];
        const known = Object.keys(has).join(', ');
        throw wrongCache(plugin.name, name, `a row of ${stream}`, `one value or more, of ${known}`);
      }),
    );
    return { name, widths, per, storage, generations, leftOut };
  });
}

/** Most bytes of a cache, for N rows of each stream. */
export function cacheBytes(
  { widths, per, storage, generations }: PlannedCache,
  rows: Streams<number>,
  { branches, deciding }: { readonly branches: number; readonly deciding: number },
): number {
  const copies = { branch: branches, decider: deciding, run: 1 }[per] * generations;
  const one = Object.entries(widths).map(([stream, width]) => rowBytes(storage, width) * (rows[stream] ?? 0));
  return copies * one.reduce((a, b) => a + b, 0);
}

const rowBytes = (storage: TokenStorage, width: number): number =>
  storage === 'float32' ? 4 * width : packedShape(storage, 1, width).reduce((a, b) => a * b, 1);

function wrongCache(plugin: string, name: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'plan-cache',
    what: `${plugin}: what it keeps as ${name} cannot be planned`,
    have,
    need,
    do: "mend the plugin's needs.caches",
  });
}
