import { SkipstoneError } from '../error.js';
import { assertSameShape } from '../kernel/shape.js';
import { leaderAt } from '../plan/leaders.js';
import type { CacheCall, TokenCache, TokenCacheOptions } from '../spec/plugin.js';
import type { RowSet, Rows, Streams, Tensor } from '../spec/tensor.js';
import type { CacheMeans } from './cache-means.js';
import { type RowStorage, rowStorage } from './row-storage.js';
import { countRows } from './rows.js';
import { isVirtual, tensorBytes, virtualError } from './store.js';

/** What one branch's cache holds of one stream. */
export interface CacheEntry {
  readonly tensor: Tensor;
  /** One byte a row: 1 where it was written. */
  readonly covered: Uint8Array;
}

/** The one kind of memory; see the contract. */
export class RoomTokenCache implements TokenCache {
  readonly entries = new Map<string, Map<string, CacheEntry>>();
  private readonly per: 'branch' | 'run';
  private readonly storage: RowStorage;

  constructor(
    private readonly means: CacheMeans,
    options: TokenCacheOptions = {},
    /** The branch whose decisions hold for all others of a step, where its plugin is aligned. */
    private readonly leader?: string,
  ) {
    this.per = options.per ?? 'branch';
    this.storage = rowStorage(means, options.storage);
  }

  get bytes(): number {
    let bytes = 0;
    for (const streams of this.entries.values()) {
      for (const { tensor } of streams.values()) bytes += tensorBytes(tensor);
    }
    return bytes;
  }

  covers(call: CacheCall): boolean {
    const { branch, branches, rows } = call;
    const own = branch !== undefined && branch !== leaderAt(this.leader, branches);
    const keys = this.per === 'run' ? [''] : own ? [branch] : branches;
    return keys.every((key) => this.holds(key, rows));
  }

  read(call: CacheCall): Streams {
    const key = this.key(call);
    const streams = this.entries.get(key);
    if (!streams || !this.holds(key, call.rows)) throw uncovered(key, call.rows);
    return Object.fromEntries(
      [...streams].map(([stream, { tensor }]) => {
        const [all, rows] = [this.rowCount(stream, tensor), call.rows[stream] ?? 'all'];
        return [stream, this.storage.read(tensor, { stream, all, rows })];
      }),
    );
  }

  write(call: CacheCall, value: Streams): void {
    const streams = this.entries.get(this.key(call)) ?? new Map<string, CacheEntry>();
    this.entries.set(this.key(call), streams);
    for (const [stream, tensor] of Object.entries(value)) {
      const rows = call.rows[stream] ?? 'all';
      const held = streams.get(stream);
      const all = this.rowCount(stream, tensor);
      this.check(countRows(rows, all), tensor, held);
      const covered = held?.covered ?? new Uint8Array(all);
      streams.set(stream, {
        tensor: this.storage.write(held?.tensor, { stream, all, rows }, tensor),
        covered: coverRows(covered, rows),
      });
    }
  }

  swap<T>(
    call: CacheCall,
    now: Streams,
    compare: (before: Streams, now: Streams) => Promise<T>,
  ): Promise<T> | undefined {
    const held = this.holds(this.key(call), call.rows);
    const compared = held ? compare(this.read(call), now) : undefined;
    this.write(call, now);
    return compared;
  }

  /** Forgets a branch: it was left out of a step, so what it holds is of the past. */
  drop(branch: string): void {
    for (const { tensor } of this.entries.get(branch)?.values() ?? []) this.means.store.release(tensor);
    this.entries.delete(branch);
  }

  /** Puts back what a saved run held. */
  restore(branch: string, stream: string, tensor: Tensor, covered: Uint8Array): void {
    const all = this.rowCount(stream, tensor);
    if (!this.storage.fits(tensor, all)) throw otherStorage(branch, stream, tensor, all);
    const streams = this.entries.get(branch) ?? new Map<string, CacheEntry>();
    this.entries.set(branch, streams);
    this.means.store.retain(tensor);
    streams.set(stream, { tensor, covered: covered.slice() });
  }

  close(): void {
    for (const key of [...this.entries.keys()]) this.drop(key);
  }

  private holds(key: string, rows: Rows): boolean {
    const streams = this.entries.get(key);
    if (!streams) return false;
    return [...streams].every(([stream, entry]) => coversRows(entry.covered, rows[stream] ?? 'all'));
  }

  private key(call: CacheCall): string {
    if (this.per === 'run') return '';
    if (call.branch === undefined) throw noBranch();
    return call.branch;
  }

  /** The rows of the call, as wide as those that are held: a value of other rows would be taken for these. */
  private check(count: number, tensor: Tensor, held: CacheEntry | undefined): void {
    if (isVirtual(tensor)) throw virtualError(tensor);
    const row = held ? this.storage.rowShape(held.tensor) : tensor.shape.slice(1);
    assertSameShape('token cache', tensor.shape, [count, ...row]);
  }

  private rowCount(stream: string, tensor: Tensor): number {
    return this.means.rows[stream] ?? tensor.shape[0] ?? 0;
  }
}

function coverRows(covered: Uint8Array, rows: RowSet): Uint8Array {
  if (rows === 'all') return covered.fill(1);
  for (const row of rows) covered[row] = 1;
  return covered;
}

function coversRows(covered: Uint8Array, rows: RowSet): boolean {
  return rows === 'all' ? covered.every((bit) => bit === 1) : rows.every((row) => covered[row] === 1);
}

function otherStorage(branch: string, stream: string, have: Tensor, all: number): SkipstoneError {
  return new SkipstoneError({
    code: 'resume-plan',
    what: 'the saved run was made under another plan',
    have: `a token cache of ${stream}${branch && `, branch ${branch}`}: ${have.type} [${have.shape.join(', ')}]`,
    need: `${all} rows as this plan's plugin stores them`,
    do: 'resume with the same plugins and their options, sampler, steps and size',
  });
}

function noBranch(): SkipstoneError {
  return new SkipstoneError({
    code: 'cache-branch',
    what: 'a token cache of branches is used where no branch is known',
    have: 'a call of advance or evaluate',
    need: 'a call of forward, trunk or block, or a cache that is one for all branches',
    do: "make it with tokenCache({ per: 'run' })",
  });
}

function uncovered(branch: string, rows: Rows): SkipstoneError {
  const asked = Object.entries(rows).map(([s, r]) => `${r === 'all' ? 'all' : r.length} rows of ${s}`);
  return new SkipstoneError({
    code: 'cache-uncovered',
    what: `a token cache is read where it was not written${branch ? ` (branch ${branch})` : ''}`,
    have: 'rows that are missing, or older than a step their branch was left out of',
    need: asked.join(', '),
    do: 'ask covers(call) before deciding to reuse, and compute where it says no',
  });
}
