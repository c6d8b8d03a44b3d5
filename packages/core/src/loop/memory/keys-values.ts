import { SkipstoneError } from '../../error.js';
import type { KeyValueCache } from '../../graph/keys-values.js';
import type { Span } from '../../plan/cut/span.js';
import type { BranchCaches } from '../../plan/memory/branch-caches.js';
import type { ElementType, HostTensor, Rows, Streams, Tensor } from '../../spec/tensor.js';
import { isAll } from './rows.js';
import type { TensorStore } from './store.js';

interface HeldCache {
  tensor: Tensor;
  readonly covered: Uint8Array;
  complete: boolean;
}

/**
 * Keys and values of a phase: one `[N, width]` buffer per block, branch and side, bound as input and output
 * of the span that makes them. Plugins say which rows are due and never touch these. A span that computes
 * some rows only, over a cache that lacks others, is refused: those rows would attend to zeros.
 */
export class KeysValues {
  private readonly branches = new Map<string, Map<string, HeldCache>>();

  constructor(
    private readonly store: TensorStore,
    private readonly caches: ReadonlyMap<string, BranchCaches>,
    private readonly rows: Streams<number>,
  ) {}

  /** True if all caches of these branches hold all rows. */
  synced(branches: readonly string[]): boolean {
    return branches.every((branch) => {
      const held = this.branches.get(branch);
      return (this.caches.get(branch)?.needed ?? []).every(
        (cache) => held?.get(cache.name)?.complete ?? false,
      );
    });
  }

  /** The buffers of the caches a span overwrites, by port; marks these rows as written. */
  bind(span: Span, branch: string, rows: Rows): Map<string, Tensor> {
    const made = new Set(span.graph.outputs.map((port) => port.name));
    const ports = new Map<string, Tensor>();
    for (const cache of this.caches.get(branch)?.all ?? []) {
      if (!made.has(cache.output.name)) continue;
      const held = this.held(branch, cache);
      this.cover(held, cache, branch, rows, span.id);
      ports.set(cache.input.name, held.tensor).set(cache.output.name, held.tensor);
    }
    return ports;
  }

  drop(branch: string): void {
    for (const { tensor } of this.branches.get(branch)?.values() ?? []) this.store.release(tensor);
    this.branches.delete(branch);
  }

  close(): void {
    for (const branch of [...this.branches.keys()]) this.drop(branch);
  }

  /** Buffers and coverage, for saving; and a way to put them back. */
  *entries(): Iterable<readonly [branch: string, cache: string, held: HeldCache]> {
    for (const [branch, caches] of this.branches)
      for (const [name, held] of caches) yield [branch, name, held];
  }

  restore(branch: string, name: string, tensor: Tensor, covered: Uint8Array): void {
    const cache = this.caches.get(branch)?.all.find((one) => one.name === name);
    const shape = [this.rows[cache?.stream ?? ''], cache?.width];
    const same = tensor.shape.join() === shape.join() && tensor.type === cache?.type;
    if (!same) throw otherCache(branch, name, tensor.shape, shape);
    const caches = this.branches.get(branch) ?? new Map<string, HeldCache>();
    this.branches.set(branch, caches);
    this.store.retain(tensor);
    caches.set(name, { tensor, covered, complete: covered.every((bit) => bit === 1) });
  }

  private held(branch: string, cache: KeyValueCache): HeldCache {
    const caches = this.branches.get(branch) ?? new Map<string, HeldCache>();
    this.branches.set(branch, caches);
    const known = caches.get(cache.name);
    if (known) return known;
    const all = this.rows[cache.stream] ?? 0;
    const { type, width } = cache;
    const tensor = this.store.keep({ type, shape: [all, width], data: zeros(type, all * width) });
    const held = { tensor, covered: new Uint8Array(all), complete: false };
    caches.set(cache.name, held);
    return held;
  }

  private cover(held: HeldCache, cache: KeyValueCache, branch: string, rows: Rows, span: string): void {
    if (held.complete) return;
    const set = rows[cache.stream] ?? 'all';
    if (isAll(set, held.covered.length)) held.covered.fill(1);
    else if (set !== 'all') for (const row of set) held.covered[row] = 1;
    held.complete = held.covered.every((bit) => bit === 1);
    if (!held.complete) throw incomplete(cache, branch, span, held.covered);
  }
}

function zeros(type: ElementType, count: number): HostTensor['data'] {
  if (type === 'float16') return new Uint16Array(count);
  return type === 'int8' ? new Int8Array(count) : new Float32Array(count);
}

function otherCache(
  branch: string,
  name: string,
  have: readonly number[],
  need: readonly (number | undefined)[],
): SkipstoneError {
  return new SkipstoneError({
    code: 'resume-plan',
    what: 'the saved run was made under another plan',
    have: `${name} of branch ${branch} [${have.join(', ')}]`,
    need: need.includes(undefined) ? 'a cache that this plan has' : `[${need.join(', ')}]`,
    do: 'resume with the same plugins, sampler, steps and size',
  });
}

function incomplete(cache: KeyValueCache, branch: string, span: string, covered: Uint8Array): SkipstoneError {
  const have = covered.reduce((sum, bit) => sum + bit, 0);
  return new SkipstoneError({
    code: 'rows-unsynced',
    what: `branch ${branch} computes some rows only, but ${cache.name} lacks others (span ${span})`,
    have: `${have} of ${covered.length} rows`,
    need: 'keys and values of every row, from a pass that computed all of them',
    do: 'compute all rows while synced(branches) is false: at first, and when a branch returns',
  });
}
