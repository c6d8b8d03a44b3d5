import { SkipstoneError } from '../error.js';
import { assertSameShape } from '../kernel/shape.js';
import type { Kernels } from '../spec/kernel.js';
import type { CacheCall, TokenCache, TokenCacheOptions } from '../spec/plugin.js';
import type { RowSet, Rows, Streams, Tensor } from '../spec/tensor.js';
import { countRows, isAll, type RowTensors } from './rows.js';
import { isVirtual, type TensorStore, virtualError } from './store.js';

/** What one branch's cache holds of one stream. */
export interface CacheEntry {
  tensor: Tensor;
  /** One byte a row: 1 where it was written. */
  readonly covered: Uint8Array;
}

/** What every cache of a run works with. */
export interface CacheMeans {
  readonly store: TensorStore;
  readonly rowTensors: RowTensors;
  readonly kernels: Kernels;
  /** N of each stream. */
  readonly rows: Streams<number>;
}

/** The one kind of memory; see the contract. Rows are overwritten in place where nobody else holds them. */
export class RoomTokenCache implements TokenCache {
  readonly entries = new Map<string, Map<string, CacheEntry>>();
  private readonly per: 'branch' | 'run';

  constructor(
    private readonly means: CacheMeans,
    options: TokenCacheOptions = {},
    /** The branch whose decisions hold for all others of a step, where its plugin is aligned. */
    private readonly leader?: string,
  ) {
    this.per = options.per ?? 'branch';
  }

  get bytes(): number {
    let bytes = 0;
    for (const streams of this.entries.values()) {
      for (const { tensor } of streams.values()) bytes += 4 * tensor.shape.reduce((a, b) => a * b, 1);
    }
    return bytes;
  }

  covers(call: CacheCall): boolean {
    const { branch, branches, rows } = call;
    const own = branch !== undefined && branch !== this.leader;
    const keys = this.per === 'run' ? [''] : own ? [branch] : branches;
    return keys.every((key) => this.holds(key, rows));
  }

  read(call: CacheCall): Streams {
    const key = this.key(call);
    const streams = this.entries.get(key);
    if (!streams || !this.holds(key, call.rows)) throw uncovered(key, call.rows);
    const whole = Object.fromEntries(
      [...streams].map(([stream, { tensor }]) => {
        const all = isAll(call.rows[stream], this.means.rows[stream] ?? tensor.shape[0] ?? 0);
        return [stream, all ? this.means.store.lend(tensor) : tensor];
      }),
    );
    return this.means.kernels.gather(whole, call.rows);
  }

  write(call: CacheCall, value: Streams): void {
    const streams = this.entries.get(this.key(call)) ?? new Map<string, CacheEntry>();
    this.entries.set(this.key(call), streams);
    for (const [stream, tensor] of Object.entries(value)) {
      const rows = call.rows[stream] ?? 'all';
      this.check(stream, rows, tensor, streams.get(stream));
      if (rows === 'all') this.replace(streams, stream, tensor);
      else this.overwrite(streams, stream, rows, tensor);
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
    const streams = this.entries.get(branch) ?? new Map<string, CacheEntry>();
    this.entries.set(branch, streams);
    this.means.store.retain(tensor);
    streams.set(stream, { tensor, covered });
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
  private check(stream: string, rows: RowSet, tensor: Tensor, held: CacheEntry | undefined): void {
    if (isVirtual(tensor)) throw virtualError(tensor);
    const count = countRows(rows, this.means.rows[stream] ?? tensor.shape[0] ?? 0);
    assertSameShape('token cache', tensor.shape, [count, ...(held?.tensor ?? tensor).shape.slice(1)]);
  }

  private replace(streams: Map<string, CacheEntry>, stream: string, tensor: Tensor): void {
    this.means.store.retain(tensor);
    const old = streams.get(stream);
    if (old) this.means.store.release(old.tensor);
    const rows = this.means.rows[stream] ?? tensor.shape[0] ?? 0;
    streams.set(stream, { tensor, covered: new Uint8Array(rows).fill(1) });
  }

  private overwrite(
    streams: Map<string, CacheEntry>,
    stream: string,
    rows: Int32Array,
    tensor: Tensor,
  ): void {
    const { store, rowTensors } = this.means;
    const all = this.means.rows[stream] ?? 0;
    const entry = streams.get(stream) ?? this.empty(streams, stream, [all, ...tensor.shape.slice(1)]);
    const shape = entry.tensor.shape;
    const inPlace = store.isSole(entry.tensor);
    const out = inPlace ? entry.tensor : store.make('float32', shape);
    const inputs = [entry.tensor.id, rowTensors.ids(rows, all).id, tensor.id];
    const place = inPlace ? { inPlace: out.id } : {};
    store.room.post({
      op: 'kernel',
      kernel: { name: 'scatter', inputs, scales: [], out: { id: out.id, shape, ...place } },
    });
    if (!inPlace) {
      store.retain(out);
      store.release(entry.tensor);
      entry.tensor = out;
    }
    for (const row of rows) entry.covered[row] = 1;
  }

  private empty(streams: Map<string, CacheEntry>, stream: string, shape: readonly number[]): CacheEntry {
    const size = shape.reduce((a, b) => a * b, 1);
    const tensor = this.means.store.put({ type: 'float32', shape, data: new Float32Array(size) });
    this.means.store.retain(tensor);
    this.means.store.drop(tensor);
    const entry = { tensor, covered: new Uint8Array(shape[0] ?? 0) };
    streams.set(stream, entry);
    return entry;
  }
}

function coversRows(covered: Uint8Array, rows: RowSet): boolean {
  return rows === 'all' ? covered.every((bit) => bit === 1) : rows.every((row) => covered[row] === 1);
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
