import { SkipstoneError } from '../../error.js';
import { assertSameShape } from '../../kernel/shape.js';
import { mapStreams, streamOf } from '../../kernel/stream.js';
import { leaderAt } from '../../plan/ask/leaders.js';
import type { PlannedCache } from '../../plan/memory/token-caches.js';
import type { RowSet, Rows, Streams, Tensor } from '../../spec/tensor.js';
import type { CacheCall, TokenCache } from '../../spec/token-cache.js';
import { Generations } from './generations.js';
import { type RowStorage, rowStorage } from './row-storage.js';
import type { CacheMeans } from './rows.js';
import { countRows } from './rows.js';
import { isVirtual, tensorBytes, virtualError } from './store.js';

/** The one kind of memory; see the contract. */
export class RoomTokenCache implements TokenCache {
  /** By branch, then by stream; of no branch where it is one for the run. */
  readonly entries = new Map<string, Map<string, Generations>>();
  private readonly storage: RowStorage;

  constructor(
    private readonly means: CacheMeans,
    readonly planned: PlannedCache,
    /** The branch whose decisions hold for all others of a step, where its plugin is aligned. */
    private readonly leader?: string,
  ) {
    this.storage = rowStorage(means, planned.storage);
  }

  get bytes(): number {
    return this.held().reduce((bytes, tensor) => bytes + tensorBytes(tensor), 0);
  }

  covers(call: CacheCall): boolean {
    const { branch, branches, rows } = call;
    const own = branch !== undefined && branch !== leaderAt(this.leader, branches);
    const shared = this.planned.per === 'branch' && !own;
    return (shared ? branches : [this.key(call)]).every((key) => this.holds(key, rows));
  }

  read(call: CacheCall): Streams {
    return mapStreams(this.written(call), (of, stream) => of.read(call.rows[stream] ?? 'all'));
  }

  write(call: CacheCall, value: Streams): void {
    const key = this.key(call);
    if (this.planned.per === 'decider' && this.leader !== undefined) {
      for (const other of this.entries.keys()) if (other !== key) this.drop(other);
    }
    for (const [stream, tensor] of Object.entries(value)) {
      const rows = call.rows[stream] ?? 'all';
      this.check(stream, rows, tensor);
      this.generations(key, stream).write(rows, call.step, tensor);
    }
  }

  swap<T>(
    call: CacheCall,
    now: Streams,
    compare: (before: Streams, now: Streams) => Promise<T>,
  ): Promise<T> | undefined {
    const compared = this.holds(this.key(call), call.rows) ? compare(this.read(call), now) : undefined;
    this.write(call, now);
    return compared;
  }

  combine(call: CacheCall, weigh: (steps: readonly number[]) => readonly number[]): Streams {
    return mapStreams(this.written(call), (of, stream) => {
      const rows = call.rows[stream] ?? 'all';
      const groups = new Map<string, { readonly steps: readonly number[]; readonly places: number[] }>();
      for (const [place, row] of of.rowsOf(rows).entries()) {
        const steps = of.stepsOf(row);
        const group = groups.get(steps.join()) ?? { steps, places: [] };
        groups.set(steps.join(), group);
        group.places.push(place);
      }
      const weighed = (steps: readonly number[], of_: RowSet): Tensor => {
        const terms = weigh(steps).map((scale, g) => ({ scale, of: { [stream]: of.read(of_, g) } }));
        const [only] = terms;
        const exact = terms.length === 1 && only?.scale === 1;
        return (exact ? only.of : this.means.kernels.scaledAdd(terms))[stream] as Tensor;
      };
      const [first, ...others] = groups.values();
      if (!first) throw uncovered(this.key(call), call.rows);
      if (others.length === 0) return weighed(first.steps, rows);
      return [first, ...others].reduce((out, { steps, places }) => {
        const set = Int32Array.from(places, (place) => (rows === 'all' ? place : (rows[place] ?? 0)));
        return this.placed(out, Int32Array.from(places), weighed(steps, set));
      }, of.read(rows));
    });
  }

  age(call: CacheCall): number | undefined {
    const key = this.key(call);
    if (!this.holds(key, call.rows)) return undefined;
    const ages = [...(this.entries.get(key) ?? [])].flatMap(([stream, of]) =>
      of.rowsOf(call.rows[stream] ?? 'all').map((row) => call.step - (of.stepsOf(row)[0] ?? call.step)),
    );
    return ages.reduce((a, b) => Math.max(a, b), 0);
  }

  /** Forgets a branch that was left out of a step: what it holds is of the past. */
  drop(branch: string): void {
    for (const tensor of this.held(branch)) this.means.store.release(tensor);
    this.entries.delete(branch);
  }

  /** Puts back what a saved run held, generation by generation. */
  restore(branch: string, stream: string, tensor: Tensor, steps: Int32Array): void {
    const all = this.means.rows[stream] ?? 0;
    if (!this.storage.fits(tensor, all)) throw otherStorage(branch, stream, tensor, all);
    this.means.store.retain(tensor);
    this.generations(branch, stream).list.push({ tensor, steps: steps.slice() });
  }

  close(): void {
    for (const key of [...this.entries.keys()]) this.drop(key);
  }

  /** Tensors of one branch, or of all. */
  private held(branch?: string): readonly Tensor[] {
    const of = branch === undefined ? [...this.entries.values()] : [this.entries.get(branch) ?? new Map()];
    return of.flatMap((streams) =>
      [...streams.values()].flatMap(({ list }: Generations) => list.map(({ tensor }) => tensor)),
    );
  }

  private holds(key: string, rows: Rows): boolean {
    const streams = this.entries.get(key);
    if (!streams) return false;
    return [...streams].every(([stream, of]) => of.covers(rows[stream] ?? 'all'));
  }

  /** By stream, what the rows of a call can be read from. */
  private written(call: CacheCall): Streams<Generations> {
    const key = this.key(call);
    if (!this.holds(key, call.rows)) throw uncovered(key, call.rows);
    return Object.fromEntries(this.entries.get(key) ?? []);
  }

  private generations(key: string, stream: string): Generations {
    const streams = this.entries.get(key) ?? new Map<string, Generations>();
    this.entries.set(key, streams);
    const all = this.means.rows[stream] ?? 0;
    const of = streams.get(stream) ?? new Generations(this.storage, stream, all, this.planned.generations);
    streams.set(stream, of);
    return of;
  }

  /** `out` with `part` at these places of it. */
  private placed(out: Tensor, places: Int32Array, part: Tensor): Tensor {
    const { store, rowTensors } = this.means;
    const made = store.make('float32', out.shape);
    const inputs = [out.id, rowTensors.ids(places, out.shape[0] ?? 0).id, part.id];
    const kernel = { name: 'scatter', inputs, scales: [], out: { id: made.id, shape: out.shape } } as const;
    store.room.post({ op: 'kernel', kernel });
    return made;
  }

  private key(call: CacheCall): string {
    if (this.planned.per === 'run') return '';
    if (call.branch === undefined) throw noBranch();
    return call.branch;
  }

  /** The rows of the call, as wide as was planned: a value of other rows would be taken for these. */
  private check(stream: string, rows: RowSet, tensor: Tensor): void {
    if (isVirtual(tensor)) throw virtualError(tensor);
    const { name, widths } = this.planned;
    const width = streamOf(`token cache ${name}`, widths, stream);
    assertSameShape(`token cache ${name}`, tensor.shape, [
      countRows(rows, this.means.rows[stream] ?? 0),
      width,
    ]);
  }
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
    do: "declare it with per: 'run'",
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
