import { nearestName, SkipstoneError } from '../../error.js';
import type { PlannedCache } from '../../plan/memory/token-caches.js';
import type { Cell, Keep, Slot } from '../../spec/sampler.js';
import type { Json, Streams, Widened } from '../../spec/tensor.js';
import type { CacheMeans } from './rows.js';
import { RoomTokenCache } from './token-cache.js';

/** A slot whose tensors are held until something else takes their place. */
export class RoomSlot implements Slot {
  private held: Streams | undefined;

  constructor(private readonly means: CacheMeans) {}

  get(): Streams | undefined {
    for (const tensor of Object.values(this.held ?? {})) this.means.store.lend(tensor);
    return this.held;
  }

  set(value: Streams | undefined): void {
    for (const tensor of Object.values(value ?? {})) this.means.store.retain(tensor);
    for (const tensor of Object.values(this.held ?? {})) this.means.store.release(tensor);
    this.held = value;
  }

  /** What is held, without lending it to the step; for saving. */
  peek(): Streams | undefined {
    return this.held;
  }
}

/**
 * All memory of one owner (a plugin in one phase, or the sampler): caches as the plan has them, cells and slots in
 * the order they were asked for, which is what makes it possible to save a run and to resume it: setup asks for the
 * same things in the same order.
 */
export class Keeper implements Keep {
  readonly cells: Cell[] = [];
  readonly slots: RoomSlot[] = [];
  readonly caches: ReadonlyMap<string, RoomTokenCache>;

  constructor(
    private readonly means: CacheMeans,
    caches: readonly PlannedCache[] = [],
    /** Whose decisions hold for all branches, where this owner is aligned. */
    leader?: string,
  ) {
    this.caches = new Map(caches.map((one) => [one.name, new RoomTokenCache(means, one, leader)]));
  }

  cell<T extends Json>(initial: T): Cell<Widened<T>> {
    const cell = { value: initial as unknown as Widened<T> };
    this.cells.push(cell as unknown as Cell);
    return cell;
  }

  slot(): Slot {
    const slot = new RoomSlot(this.means);
    this.slots.push(slot);
    return slot;
  }

  tokenCache(name: string): RoomTokenCache {
    const cache = this.caches.get(name);
    if (!cache) throw undeclared(name, [...this.caches.keys()]);
    return cache;
  }

  /** The same memory for whoever asks next, in the same order: what is there already, then new. */
  reopened(): Keep {
    let [cells, slots] = [0, 0];
    return {
      cell: <T extends Json>(initial: T) =>
        (this.cells[cells++] as unknown as Cell<Widened<T>> | undefined) ?? this.cell(initial),
      slot: () => this.slots[slots++] ?? this.slot(),
    };
  }

  /** Makes room for a fresh start: what was asked for before is no longer anyone's. */
  forget(): void {
    for (const list of [this.cells, this.slots]) list.length = 0;
  }

  dropBranch(branch: string): void {
    for (const cache of this.caches.values()) if (cache.planned.leftOut === 'forget') cache.drop(branch);
  }

  close(): void {
    for (const slot of this.slots) slot.set(undefined);
    for (const cache of this.caches.values()) cache.close();
  }
}

function undeclared(name: string, known: readonly string[]): SkipstoneError {
  const near = nearestName(name, known);
  return new SkipstoneError({
    code: 'cache-undeclared',
    what: `it asks for a token cache that it did not declare: ${name}`,
    have: `needs.caches: ${known.join(', ') || 'none'}`,
    need: 'every cache declared, so that the plan can count its bytes',
    do:
      near === undefined
        ? `add ${name} to needs.caches`
        : `add ${name} to needs.caches, or did you mean ${near}?`,
  });
}
