import type { Port } from '../graph/node.js';
import type { Branch } from '../spec/guidance.js';
import { ELEMENT_BYTES } from './bounds.js';
import type { Crossing } from './crossing.js';
import type { PassPlan } from './pass-plan.js';
import type { StationPlan } from './station-plan.js';
import { elements } from './work.js';

/** A value of one branch's pass while it lives. */
interface Held {
  readonly bytes: number;
}

/**
 * Most bytes that stand between spans at any moment of a step: its branches one after another, each pass span
 * by span, with what a span reads and what it makes held at once. Values that somebody asked to see are taken
 * to be looked at, in every branch, and so to stay until the step ends.
 */
export function betweenSpans(
  branches: readonly Branch[],
  passes: ReadonlyMap<string, PassPlan>,
  sizes: ReadonlyMap<string, number>,
): number {
  const held = new Set<Held>();
  const forks = new Map<string, readonly (Held | undefined)[]>();
  let peak = 0;
  branches.forEach((branch, i) => {
    const pass = passes.get(branch.name);
    if (!pass) return;
    const env = new Map<string, Held>();
    const later = branches.slice(i + 1).flatMap(({ fork }) => (fork ? [fork] : []));
    const own = later.filter(({ from }) => from === branch.name).map(({ at }) => at);
    const kept = new Set(own.flatMap((at) => namesAt(pass.stations.get(at))));
    const drop = (gone: (crossing: Crossing) => boolean): void => {
      const forked = new Set([...forks.values()].flat());
      for (const crossing of pass.crossings) {
        const value = env.get(crossing.port.name);
        if (!value || crossing.watched || !gone(crossing)) continue;
        env.delete(crossing.port.name);
        if (!forked.has(value)) held.delete(value);
      }
    };
    const { fork } = branch;
    const start = fork && forks.get(`${fork.from}@${fork.at}`);
    const station = start && pass.stations.get(fork.at);
    namesAt(station).forEach((name, stream) => {
      const value = start?.[stream];
      if (value) env.set(name, value);
    });
    if (fork && !later.some(({ from, at }) => from === fork.from && at === fork.at))
      forks.delete(`${fork.from}@${fork.at}`);
    for (let index = station?.after ?? 0; index < pass.pass.length; index++) {
      for (const { port, made } of pass.crossings) {
        if (made !== index) continue;
        const value = { bytes: bytesOf(port, sizes) };
        env.set(port.name, value);
        held.add(value);
      }
      peak = Math.max(
        peak,
        [...held].reduce((sum, { bytes }) => sum + bytes, 0),
      );
      drop(({ read, port }) => read <= index && !kept.has(port.name));
    }
    for (const at of own) {
      forks.set(
        `${branch.name}@${at}`,
        namesAt(pass.stations.get(at)).map((name) => env.get(name)),
      );
    }
    drop(() => true);
  });
  return peak;
}

const namesAt = (station: StationPlan | undefined): readonly string[] =>
  Object.values(station?.values ?? {}).map(({ name }) => name);

/** Bytes of a named value, for given lengths. */
export const bytesOf = ({ type, shape }: Port, sizes: ReadonlyMap<string, number>): number =>
  ELEMENT_BYTES[type] * elements(shape, sizes);
