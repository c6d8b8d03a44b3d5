import { keyOf, type Ties, tiesOf } from '../../plan/cut/ties.js';
import type { Branch } from '../../spec/guidance.js';
import type { Streams } from '../../spec/tensor.js';
import type { TensorStore } from '../memory/store.js';
import type { Cursor, CursorMeans } from './cursor.js';

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
    const { fork, last, left: forks } = this.ties(name, running);
    const hidden = fork && this.held.get(keyOf(fork));
    if (!hidden) return { forks };
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
    for (const at of this.ties(name, running).left) {
      const hidden = cursor.computed(at);
      if (!hidden) continue;
      for (const tensor of Object.values(hidden)) this.store.retain(tensor);
      this.release(keyOf({ from: name, at }));
      this.held.set(keyOf({ from: name, at }), hidden);
    }
  }

  /** Ends an evaluation: the hidden streams of another are of other rows. */
  close(): void {
    for (const key of [...this.held.keys()]) this.release(key);
    this.starts.clear();
  }

  private ties(name: string, running: readonly string[]): Ties {
    const branches = running.flatMap((one) => this.branches.find((branch) => branch.name === one) ?? []);
    return tiesOf(branches, name);
  }

  private release(key: string): void {
    for (const tensor of Object.values(this.held.get(key) ?? {})) this.store.release(tensor);
    this.held.delete(key);
  }
}
