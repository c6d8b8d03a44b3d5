import { SkipstoneError } from '../../error.js';
import { ELEMENT_BYTES } from '../../plan/cut/bounds.js';
import type { Room } from '../../session/room.js';
import type { ElementType, HostTensor, Tensor } from '../../spec/tensor.js';

/**
 * Who holds which tensor. A tensor belongs to the step that made it; what outlives the step is retained by
 * a cache, a slot or a memo, and released by it. At zero holders its buffer goes back.
 */
export class TensorStore {
  private readonly holders = new Map<number, number>();
  private step = new Set<number>();

  constructor(readonly room: Room) {}

  /** A tensor of this step, to be filled by the request that names its id. */
  make(type: ElementType, shape: readonly number[]): Tensor {
    const tensor = { id: this.room.newId(), type, shape };
    this.holders.set(tensor.id, 1);
    this.step.add(tensor.id);
    return tensor;
  }

  put(host: HostTensor): Tensor {
    const tensor = this.make(host.type, host.shape);
    this.room.post({ op: 'put', id: tensor.id, host });
    return tensor;
  }

  /** A host tensor taken in, or a tensor of this step, that outlives the step: until it is released. */
  keep(what: HostTensor | Tensor): Tensor {
    const tensor = 'data' in what ? this.put(what) : what;
    this.retain(tensor);
    this.drop(tensor);
    return tensor;
  }

  retain(tensor: Tensor): void {
    this.holders.set(tensor.id, this.held(tensor) + 1);
  }

  release(tensor: Tensor): void {
    const held = this.held(tensor) - 1;
    if (held > 0) {
      this.holders.set(tensor.id, held);
      return;
    }
    this.holders.delete(tensor.id);
    this.step.delete(tensor.id);
    this.room.post({ op: 'free', ids: [tensor.id] });
  }

  /** Lets this step hold a tensor too, so that it stays as it is until the step ends. */
  lend(tensor: Tensor): Tensor {
    if (this.step.has(tensor.id)) return tensor;
    this.retain(tensor);
    this.step.add(tensor.id);
    return tensor;
  }

  /** Takes the step's hold away before its end: nobody in this step needs it any more. */
  drop(tensor: Tensor): void {
    if (this.step.delete(tensor.id)) this.release(tensor);
  }

  /** True if one holder is left, and it is not the step: only then may a buffer be overwritten. */
  isSole(tensor: Tensor): boolean {
    return this.held(tensor) === 1 && !this.step.has(tensor.id);
  }

  endStep(): void {
    const ended = this.step;
    this.step = new Set();
    for (const id of ended) this.release({ id, type: 'float32', shape: [] });
  }

  /** Tensors held by anyone: what a test compares before and after. */
  get live(): number {
    return this.holders.size;
  }

  private held(tensor: Tensor): number {
    const held = this.holders.get(tensor.id);
    if (held !== undefined) return held;
    if (tensor.id === VIRTUAL_ID) throw virtualError(tensor);
    throw new SkipstoneError({
      code: 'tensor-gone',
      what: 'a tensor is used after the step that owned it',
      have: `tensor ${tensor.id} [${tensor.shape.join(', ')}]`,
      need: 'a tensor of this step, or one that a token cache holds',
      do: 'write what must survive a step to a tokenCache() or a slot()',
    });
  }
}

/** Bytes of a tensor's values. */
export const tensorBytes = ({ type, shape }: Tensor): number =>
  ELEMENT_BYTES[type] * shape.reduce((a, b) => a * b, 1);

/** The id of hidden streams that stay inside a session: they can be handed on, not looked at. */
export const VIRTUAL_ID = -1;

export interface VirtualTensor extends Tensor {
  readonly station: string;
}

export const isVirtual = (tensor: Tensor): tensor is VirtualTensor => tensor.id === VIRTUAL_ID;

export function virtualError(tensor: Tensor): SkipstoneError {
  const station = isVirtual(tensor) ? tensor.station : 'a station';
  return new SkipstoneError({
    code: 'station-hidden',
    what: `the value at ${station} stays inside a session and cannot be looked at`,
    have: 'a pass that is not cut there',
    need: `${station} in the plugin's needs: under cuts (to decide by it) or outputs (to keep it)`,
    do: `add it to needs`,
  });
}
