import type { Branch } from '../../spec/guidance.js';
import type { Crossing } from './crossing.js';

type Fork = NonNullable<Branch['fork']>;

/** What a branch's pass has to do with the others of its step: the plan and the run walk by the same. */
export interface Ties {
  /** Where it goes on from. */
  readonly fork: Fork | undefined;
  /** True where no later branch goes on from the same place: its hidden streams are then as if made here. */
  readonly last: boolean;
  /** Stations that later branches go on from. */
  readonly left: readonly string[];
}

/** The ties of one of `branches`, which are those of a step in the order they run in. */
export function tiesOf(branches: readonly Branch[], name: string): Ties {
  const index = branches.findIndex((branch) => branch.name === name);
  const fork = branches[index]?.fork;
  const later = branches.slice(index + 1).flatMap((branch) => branch.fork ?? []);
  const last = !later.some((other) => fork && keyOf(other) === keyOf(fork));
  return { fork, last, left: [...new Set(later.filter(({ from }) => from === name).map(({ at }) => at))] };
}

/** Names the hidden streams at a fork. */
export const keyOf = ({ from, at }: Fork): string => `${from}@${at}`;

/** True of a value between spans that nobody needs once a span has run: its readers did, nobody looks or goes on. */
export const isRead = ({ port, read, watched }: Crossing, ran: number, kept: ReadonlySet<string>): boolean =>
  read <= ran && !watched && !kept.has(port.name);
