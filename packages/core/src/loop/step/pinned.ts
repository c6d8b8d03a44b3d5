import { pinnedRows } from '../../plan/ask/given.js';
import type { Given } from '../../spec/given.js';
import type { Kernels } from '../../spec/kernel.js';
import type { StepCall } from '../../spec/plugin.js';
import type { Rows, Streams, Tensor } from '../../spec/tensor.js';
import { isAll } from '../memory/rows.js';
import type { TensorStore } from '../memory/store.js';

/** The pinned tokens of a phase: what the model reads in their place, and where they go. */
export class PinnedTokens {
  readonly rows: Streams<Int32Array>;
  private readonly clean: Streams;
  private read: { readonly latents: Streams; readonly value: Streams } | undefined;

  constructor(
    given: Given,
    private readonly all: Streams<number>,
    private readonly store: TensorStore,
    private readonly kernels: Kernels,
  ) {
    this.rows = pinnedRows(given);
    this.clean = Object.fromEntries(
      Object.entries(given.pinned ?? {}).map(([stream, { clean }]) => [stream, store.keep(clean)]),
    );
  }

  /** Latents `[N, P]` as the model reads them; the same tensors for the same latents. */
  prepare(latents: Streams): Streams {
    if (this.none) return latents;
    if (this.read?.latents !== latents) {
      const clean = this.kernels.scatter(this.ofPinned(latents), this.rows, this.clean);
      this.read = { latents, value: { ...latents, ...clean } };
    }
    return this.read.value;
  }

  /** The guided velocity `[A, P]` of the rows of a call, with that of pinned rows: (x − clean)/σ. */
  restore({ latents, rows, sigma }: StepCall, velocity: Streams): Streams {
    if (this.none) return velocity;
    const { kernels } = this;
    const x = this.ofPinned(latents);
    const straight = kernels.scaledAdd([
      { scale: 1 / sigma, of: kernels.gather(x, this.rows) },
      { scale: -1 / sigma, of: this.clean },
    ]);
    const asked = this.ofPinned(rows);
    const every = Object.entries(asked).every(([stream, set]) => isAll(set, this.all[stream] ?? 0));
    const own = this.ofPinned(velocity);
    // Rows are addressed among all N: those computed go there and back.
    const whole = every ? own : kernels.scatter(x, asked, own);
    const led = kernels.scatter(whole, this.rows, straight);
    return { ...velocity, ...(every ? led : kernels.gather(led, asked)) };
  }

  endStep(): void {
    this.read = undefined;
  }

  close(): void {
    for (const tensor of Object.values(this.clean)) this.store.release(tensor);
  }

  private get none(): boolean {
    return Object.keys(this.rows).length === 0;
  }

  private ofPinned(streams: Streams): Streams;
  private ofPinned(rows: Rows): Rows;
  private ofPinned<T extends Tensor | Rows[string]>(record: Streams<T>): Streams<T> {
    return Object.fromEntries(Object.entries(record).filter(([stream]) => stream in this.rows));
  }
}
