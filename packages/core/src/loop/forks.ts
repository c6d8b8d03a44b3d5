import type { Branch } from '../spec/guidance.js';
import type { Streams } from '../spec/tensor.js';
import type { Cursor, CursorMeans } from './cursor.js';
import type { TensorStore } from './store.js';

/**
 * Hidden streams of an evaluation that branches go on from, by where they were computed. They are held until
 * the last branch that wants them has them; that one's pass frees them as if it had made them.
 */
export class Forks {
  private readonly held = new Map<string, Streams>();
  private readonly starts = new Map<string, string>();

  constructor(
    private readonly store: TensorStore,
    private readonly branches: readonly Branch[],
  ) {}

  /** Where a branch goes on from, and the stations that later ones go on from in its own pass. */
  of(name: string, running: readonly string[]): Pick<CursorMeans, 'start' | 'forks'> {
    const later = this.later(name, running);
    const forks = later.flatMap(({ fork }) => (fork?.from === name ? [fork.at] : []));
    const fork = this.branches.find((branch) => branch.name === name)?.fork;
    const hidden = fork && this.held.get(keyOf(fork));
    if (!hidden) return { forks };
    const last = !later.some((branch) => branch.fork && keyOf(branch.fork) === keyOf(fork));
    if (last) {
      for (const tensor of Object.values(hidden)) this.store.lend(tensor);
      this.release(keyOf(fork));
    }
    this.starts.set(name, fork.at);
    return { forks, start: { station: fork.at, hidden } };
  }

  /** The station that a branch of this evaluation went on from. */
  startOf(name: string): string | undefined {
    return this.starts.get(name);
  }

  /** Keeps what a pass computed and later branches go on from. */
  keep(name: string, running: readonly string[], cursor: Cursor): void {
    for (const { fork } of this.later(name, running)) {
      const hidden = fork?.from === name ? cursor.computed(fork.at) : undefined;
      if (!fork || !hidden) continue;
      for (const tensor of Object.values(hidden)) this.store.retain(tensor);
      this.release(keyOf(fork));
      this.held.set(keyOf(fork), hidden);
    }
  }

  /** Ends an evaluation: the hidden streams of another are of other rows. */
  close(): void {
    for (const key of [...this.held.keys()]) this.release(key);
    this.starts.clear();
  }

  private later(name: string, running: readonly string[]): readonly Branch[] {
    const names = running.slice(running.indexOf(name) + 1);
    return this.branches.filter((branch) => names.includes(branch.name));
  }

  private release(key: string): void {
    for (const tensor of Object.values(this.held.get(key) ?? {})) this.store.release(tensor);
    this.held.delete(key);
  }
}

const keyOf = ({ from, at }: NonNullable<Branch['fork']>): string => `${from}@${at}`;
