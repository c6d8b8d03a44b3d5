import type { RowSet, Tensor } from '../../spec/tensor.js';
import type { RowStorage } from './row-storage.js';
import { isAll } from './rows.js';

/** One written value of all rows, and the step that each row was written at; NEVER where it was not. */
export interface Generation {
  readonly tensor: Tensor;
  readonly steps: Int32Array;
}

export const NEVER = -1;

/**
 * The last values of one stream's rows, newest first. Every row has a past of its own: where some rows are written,
 * theirs alone move back by one. Where all are, buffers change places and nothing is copied.
 */
export class Generations {
  readonly list: Generation[] = [];

  constructor(
    private readonly storage: RowStorage,
    private readonly stream: string,
    /** N. */
    private readonly all: number,
    private readonly most: number,
  ) {}

  write(rows: RowSet, step: number, value: Tensor): void {
    const held = this.list[0];
    const whole = isAll(rows, this.all);
    const moved = this.most === 1 ? [] : this.rowsOf(rows).filter((row) => isBefore(held?.steps[row], step));
    if (whole && moved.length === this.all) {
      const oldest = this.list.length === this.most ? this.list.pop() : undefined;
      this.list.unshift(this.written(oldest, 'all', step, value));
      return;
    }
    if (moved.length > 0) this.moveBack(Int32Array.from(moved));
    this.list[0] = this.written(held, rows, step, value);
  }

  read(rows: RowSet, generation = 0): Tensor {
    const held = this.list[generation];
    if (!held) throw new TypeError(`no generation ${generation}`);
    return this.storage.read(held.tensor, { stream: this.stream, all: this.all, rows });
  }

  covers(rows: RowSet): boolean {
    const steps = this.list[0]?.steps;
    if (!steps) return false;
    return rows === 'all' ? !steps.includes(NEVER) : rows.every((row) => steps[row] !== NEVER);
  }

  /** Steps that a row was written at, newest first. */
  stepsOf(row: number): readonly number[] {
    return this.list.map(({ steps }) => steps[row] ?? NEVER).filter((step) => step !== NEVER);
  }

  rowsOf(rows: RowSet): readonly number[] {
    return rows === 'all' ? Array.from({ length: this.all }, (_, row) => row) : [...rows];
  }

  private moveBack(rows: Int32Array): void {
    for (let g = Math.min(this.list.length, this.most - 1); g > 0; g--) {
      const [from, into] = [this.list[g - 1], this.list[g]];
      if (!from) continue;
      const steps = into?.steps ?? new Int32Array(this.all).fill(NEVER);
      for (const row of rows) steps[row] = from.steps[row] ?? NEVER;
      const of = { stream: this.stream, all: this.all, rows };
      const tensor = this.storage.write(into?.tensor, of, this.storage.read(from.tensor, of));
      this.list[g] = { tensor, steps };
    }
  }

  private written(held: Generation | undefined, rows: RowSet, step: number, value: Tensor): Generation {
    const steps = held?.steps ?? new Int32Array(this.all).fill(NEVER);
    if (rows === 'all') steps.fill(step);
    else for (const row of rows) steps[row] = step;
    const tensor = this.storage.write(held?.tensor, { stream: this.stream, all: this.all, rows }, value);
    return { tensor, steps };
  }
}

const isBefore = (written: number | undefined, step: number): boolean =>
  written !== undefined && written !== NEVER && written !== step;
