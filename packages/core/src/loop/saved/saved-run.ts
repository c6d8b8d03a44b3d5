import { SkipstoneError } from '../../error.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Room } from '../../session/room.js';
import type { HostTensor, Json, Streams, Tensor } from '../../spec/tensor.js';
import type { Keeper, RoomSlot } from '../memory/keep.js';
import type { KeysValues } from '../memory/keys-values.js';
import type { TensorStore } from '../memory/store.js';
import type { RunMarks } from './run-marks.js';

/** A run as it stood after a step: enough to go on to the same bytes. */
export interface SavedRun {
  /** What its bytes depend on: it goes on under the same only. */
  readonly marks: RunMarks;
  /** The first step that has not been taken. */
  readonly step: number;
  readonly latents: Streams<HostTensor>;
  readonly ledger: Ledger;
  /** Cells of the sampler and of each plugin, in the order they were made. */
  readonly cells: readonly (readonly Json[])[];
  /** Tensors by place: `1|slot|0|video`, `2|cache|residual|cond|video|0`, with the steps of rows, or which are covered, beside caches. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/** What is saved: between two phases there is only the sampler's memory, plugins start anew. */
interface Memory {
  readonly keepers: readonly Keeper[];
  readonly keysValues?: KeysValues;
}

/** Reads everything that outlives a step. */
export async function saveMemory(room: Room, memory: Memory): Promise<Pick<SavedRun, 'cells' | 'tensors'>> {
  const tensors: Record<string, HostTensor> = {};
  const bits = (data: Uint8Array): HostTensor => ({
    type: 'uint8',
    shape: [data.length],
    data: data.slice(),
  });
  for (const [k, keeper] of memory.keepers.entries()) {
    for (const [s, slot] of keeper.slots.entries()) {
      for (const [stream, tensor] of Object.entries(slot.peek() ?? {})) {
        tensors[place(k, 'slot', s, stream)] = await room.read(tensor.id);
      }
    }
    for (const [name, cache] of keeper.caches) {
      for (const [branch, streams] of cache.entries) {
        for (const [stream, { list }] of streams) {
          for (const [g, { tensor, steps }] of list.entries()) {
            const at = place(k, 'cache', name, branch, stream, g);
            tensors[at] = await room.read(tensor.id);
            tensors[`${at}${STEPS}`] = { type: 'int32', shape: [steps.length], data: steps.slice() };
          }
        }
      }
    }
  }
  for (const [branch, name, held] of memory.keysValues?.entries() ?? []) {
    const at = place('rows', branch, name);
    tensors[at] = await room.read(held.tensor.id);
    tensors[`${at}${COVERED}`] = bits(held.covered);
  }
  const cells = memory.keepers.map((keeper) => keeper.cells.map((cell) => structuredClone(cell.value)));
  return { cells, tensors };
}

/** Puts everything back; setup has asked for the same cells, slots and caches again. */
export function restoreMemory(saved: SavedRun, store: TensorStore, memory: Memory): void {
  const counts = memory.keepers.map((keeper) => keeper.cells.length);
  if (counts.join() !== saved.cells.map((cells) => cells.length).join()) {
    throw otherPlan(
      `cells ${saved.cells.map((cells) => cells.length).join(', ')}`,
      `cells ${counts.join(', ')}`,
    );
  }
  for (const [k, keeper] of memory.keepers.entries()) {
    for (const [i, cell] of keeper.cells.entries()) {
      cell.value = structuredClone(saved.cells[k]?.[i] ?? null) as Json;
    }
  }
  const slots = new Map<RoomSlot, Record<string, Tensor>>();
  for (const [at, host] of Object.entries(saved.tensors)) {
    if (at.endsWith(COVERED) || at.endsWith(STEPS)) continue;
    const tensor = store.put(host);
    const covered = saved.tensors[`${at}${COVERED}`]?.data;
    const steps = saved.tensors[`${at}${STEPS}`]?.data;
    const [first = '', kind = '', name = '', ...names] = at.split(SEPARATOR);
    const keeper = memory.keepers[Number(first)];
    const slot = kind === 'slot' ? keeper?.slots[Number(name)] : undefined;
    const cache = kind === 'cache' ? keeper?.caches.get(name) : undefined;
    const rows = host.shape[0];
    if (first === 'rows' && memory.keysValues && covered instanceof Uint8Array && covered.length === rows)
      memory.keysValues.restore(kind, name, tensor, covered);
    else if (slot) slots.set(slot, { ...slots.get(slot), [names[0] ?? '']: tensor });
    else if (cache && steps instanceof Int32Array && steps.length === rows)
      cache.restore(names[0] ?? '', names[1] ?? '', tensor, steps);
    else throw otherPlan(at, 'memory that this plan has');
  }
  for (const [slot, streams] of slots) slot.set(streams);
  store.endStep();
}

const SEPARATOR = '|';
const COVERED = '|covered';
const STEPS = '|steps';
const place = (...parts: readonly (string | number)[]): string => parts.join(SEPARATOR);

function otherPlan(have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'resume-plan',
    what: 'the saved run was made under another plan',
    have,
    need,
    do: 'resume with the same plugins, sampler, steps and size',
  });
}
