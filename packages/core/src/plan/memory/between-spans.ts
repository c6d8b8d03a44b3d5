import type { Port } from '../../graph/node.js';
import type { Branch } from '../../spec/guidance.js';
import { ELEMENT_BYTES } from '../cut/bounds.js';
import type { Crossing } from '../cut/crossing.js';
import type { PassPlan } from '../cut/pass-plan.js';
import type { StationPlan } from '../cut/station-plan.js';
import { isRead, keyOf, tiesOf } from '../cut/ties.js';
import { elements } from '../cut/work.js';

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
  for (const branch of branches) {
    const pass = passes.get(branch.name);
    if (!pass) continue;
    const env = new Map<string, Held>();
    const { fork, last, left } = tiesOf(branches, branch.name);
    const kept = new Set(left.flatMap((at) => namesAt(pass.stations.get(at))));
    const drop = (gone: (crossing: Crossing) => boolean): void => {
      const forked = new Set([...forks.values()].flat());
      for (const crossing of pass.crossings) {
        const value = env.get(crossing.port.name);
        if (!value || !gone(crossing)) continue;
        env.delete(crossing.port.name);
        if (!forked.has(value)) held.delete(value);
      }
    };
    const start = fork && forks.get(keyOf(fork));
    const station = start && pass.stations.get(fork.at);
    namesAt(station).forEach((name, stream) => {
      const value = start?.[stream];
      if (value) env.set(name, value);
    });
    if (fork && last) forks.delete(keyOf(fork));
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
      drop((crossing) => isRead(crossing, index, kept));
    }
    for (const at of left) {
      const values = namesAt(pass.stations.get(at)).map((name) => env.get(name));
      forks.set(keyOf({ from: branch.name, at }), values);
    }
    drop(({ watched }) => !watched);
  }
  return peak;
}

const namesAt = (station: StationPlan | undefined): readonly string[] =>
  Object.values(station?.values ?? {}).map(({ name }) => name);

/** Bytes of a named value, for given lengths. */
export const bytesOf = ({ type, shape }: Port, sizes: ReadonlyMap<string, number>): number =>
  ELEMENT_BYTES[type] * elements(shape, sizes);
