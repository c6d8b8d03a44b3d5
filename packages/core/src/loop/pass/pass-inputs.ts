import { SkipstoneError } from '../../error.js';
import type { Port } from '../../graph/node.js';
import type { HostTensor, Tensor } from '../../spec/tensor.js';
import { countRows } from '../memory/rows.js';
import type { PassCall, PassMeans } from './pass-means.js';

/**
 * Makes the input ports of a pass: tables and text once a run, clocks once a step, row ids per set. The
 * same value always comes as the same tensor, which is how hoisted spans know that nothing changed.
 */
export class PassInputs {
  private readonly run = new Map<string, Tensor>();
  private step = new Map<string, Tensor>();
  /** Made together, and all put before the first pass ends. */
  private tables: Readonly<Record<string, HostTensor>> | undefined;

  constructor(private readonly means: PassMeans) {}

  /** The tensor of an input port. */
  find(port: Port, call: PassCall): Tensor {
    if (!port.source) throw new TypeError(`nobody makes ${port.name}`);
    const { kind, name } = port.source;
    switch (kind) {
      case 'latents':
        return this.latents(name, call);
      case 'rows':
        return this.means.rowTensors.ids(call.rows[name] ?? 'all', this.means.phase.rows[name] ?? 0);
      case 'condition':
        return this.kept(`${this.textOf(call.branch)}/${name}`, () => this.condition(name, call.branch));
      case 'table':
        return this.kept(port.name, () => this.table(name));
      case 'clock':
        return this.clock(name, call);
      case 'clock-row':
        return this.clockRow(name, call);
    }
  }

  endStep(): void {
    this.tables = undefined;
    this.step = new Map();
  }

  close(): void {
    for (const tensor of this.run.values()) this.means.store.release(tensor);
    this.run.clear();
  }

  private latents(stream: string, call: PassCall): Tensor {
    const tensor = call.latents[stream];
    if (tensor) return tensor;
    throw new TypeError(`the pass got no latents of ${stream}`);
  }

  private kept(key: string, make: () => HostTensor): Tensor {
    const known = this.run.get(key);
    if (known) return known;
    const tensor = this.means.store.keep(make());
    this.run.set(key, tensor);
    return tensor;
  }

  private textOf(branch: string): string {
    return this.means.phase.guidance.branches.find((b) => b.name === branch)?.text ?? branch;
  }

  private condition(name: string, branch: string): HostTensor {
    const text = this.textOf(branch);
    const found = this.means.conditions[text]?.[name];
    if (found) return found;
    throw new SkipstoneError({
      code: 'condition-missing',
      what: `branch ${branch} reads ${text}.${name}, which was not given`,
      have: Object.entries(this.means.conditions)
        .map(([key, ports]) => `${key}: ${Object.keys(ports)}`)
        .join('; '),
      need: `conditions.${text}.${name}`,
      do: 'give the encoded text of every branch that guidance runs',
    });
  }

  private table(name: string): HostTensor {
    const { phase, grid } = this.means;
    const given = phase.given ?? {};
    this.tables ??= phase.spec.tables(grid, given);
    const table = given.tables?.[name] ?? this.tables[name];
    if (table) return table;
    throw new TypeError(`${phase.spec.name} makes no table ${name}`);
  }

  private clock(name: string, call: PassCall): Tensor {
    return this.inStep(`clock.${name}`, () => {
      const values = call.clocks[name]?.values ?? [];
      return { type: 'float32', shape: [values.length], data: Float32Array.from(values) };
    });
  }

  /** The clock row of each computed token. */
  private clockRow(name: string, call: PassCall): Tensor {
    const { spec } = this.means.phase;
    const stream = spec.clocks[name]?.stream ?? '';
    const all = this.means.phase.rows[stream] ?? 0;
    const rows = call.rows[stream] ?? 'all';
    const rowOf = call.clocks[name]?.rowOfToken ?? new Int32Array(all);
    const key = `clock.${name}.row/${rows === 'all' ? rows : this.means.rowTensors.ids(rows, all).id}`;
    return this.inStep(key, () => {
      const count = countRows(rows, all);
      const data = BigInt64Array.from({ length: count }, (_, i) =>
        BigInt(rowOf[rows === 'all' ? i : (rows[i] ?? 0)] ?? 0),
      );
      return { type: 'int64', shape: [count], data };
    });
  }

  private inStep(key: string, make: () => HostTensor): Tensor {
    const known = this.step.get(key);
    if (known) return known;
    const tensor = this.means.store.put(make());
    this.step.set(key, tensor);
    return tensor;
  }
}
