import { SkipstoneError } from '../../error.js';
import { dimText } from '../../graph/dim.js';
import type { Port } from '../../graph/node.js';
import type { PassPlan } from '../../plan/cut/pass-plan.js';
import type { Span } from '../../plan/cut/span.js';
import { lengthOf } from '../../plan/cut/work.js';
import { branchCaches } from '../../plan/memory/branch-caches.js';
import type { Dim } from '../../spec/pass.js';
import type { Streams, Tensor } from '../../spec/tensor.js';
import { KeysValues } from '../memory/keys-values.js';
import { countRows } from '../memory/rows.js';
import { Cursor, type CursorMeans } from './cursor.js';
import { PassInputs } from './pass-inputs.js';
import type { Env, PassCall, PassMeans } from './pass-means.js';

interface Memo {
  readonly inputs: string;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** A pass while it goes on. */
interface Current {
  readonly call: PassCall;
  readonly pass: PassPlan;
  readonly env: Env;
  /** Spans that ran, in order. */
  readonly spans: string[];
}

/** A stretch turned off: the gate's port, and what goes on instead. */
export type ClosedGates = ReadonlyMap<string, Streams>;

/** Runs the spans of a phase. Knows what was computed already, and never computes it again. */
export class PassRunner {
  readonly keysValues: KeysValues;
  private readonly inputs: PassInputs;
  private readonly memo = new Map<Span, Memo[]>();
  private readonly bareGate: Map<string, Tensor> = new Map();
  private readonly begun: Cursor[] = [];

  constructor(readonly means: PassMeans) {
    this.inputs = new PassInputs(means);
    const { guidance, branches, rows } = means.phase;
    this.keysValues = new KeysValues(means.store, branchCaches(guidance.branches, branches), rows);
  }

  /** A cursor at the start of a branch's pass. Nothing is computed before somebody reads it. */
  begin(call: PassCall, pass: PassPlan, forks: Pick<CursorMeans, 'start' | 'forks'> = {}): Cursor {
    const current = { call, pass, env: new Map(), spans: [] };
    const cursor = new Cursor({
      ...current,
      run: (span, closed) => this.run(span, current, closed),
      hoisted: (name) => this.made(name, current),
      store: this.means.store,
      ...forks,
    });
    this.begun.push(cursor);
    return cursor;
  }

  /** Ends the passes that were begun, once every hook around them is through: until then it may look back. */
  endPasses(): void {
    for (const cursor of this.begun.splice(0)) cursor.close();
  }

  /** Runs one span of a pass: its inputs from `env` or from outside, its outputs into `env`. */
  private run(span: Span, current: Current, closed: ClosedGates): void {
    const { call, env } = current;
    const bound = this.keysValues.bind(span, call.branch, call.rows);
    const gates = this.gatePorts(span, closed);
    const sizes = this.sizes(call);
    const inputs: Record<string, number> = {};
    for (const port of span.graph.inputs) {
      const tensor = bound.get(port.name) ?? gates.get(port.name) ?? this.value(port, current);
      inputs[port.name] = tensor.id;
      noteSizes(sizes, port.shape, tensor.shape);
    }
    const outputs: Record<
      string,
      { id: number; type: Tensor['type']; shape: readonly number[]; inPlace?: number }
    > = {};
    for (const port of span.graph.outputs) {
      const cache = bound.get(port.name);
      const shape = port.shape.map((dim) => length(dim, sizes, port.name));
      const tensor = cache ?? this.means.store.make(port.type, shape);
      outputs[port.name] = { id: tensor.id, type: port.type, shape, ...(cache ? { inPlace: cache.id } : {}) };
      env.set(port.name, tensor);
    }
    const session = this.means.sessions.of(span);
    const { step, branch } = call;
    const label = `${span.id}, branch ${branch}, step ${step}`;
    this.means.store.room.post({ op: 'run', run: { session, label, step, branch, inputs, outputs } });
    current.spans.push(span.id);
  }

  endStep(): void {
    this.inputs.endStep();
    for (const span of [...this.memo.keys()]) if (span.lasts === 'step') this.memo.delete(span);
  }

  close(): void {
    for (const [span, memos] of this.memo) {
      if (span.lasts !== 'run') continue;
      for (const memo of memos) for (const tensor of memo.outputs.values()) this.means.store.release(tensor);
    }
    this.memo.clear();
    for (const tensor of this.bareGate.values()) this.means.store.release(tensor);
    this.bareGate.clear();
    this.inputs.close();
    this.keysValues.close();
  }

  /** A value of the pass: made, brought from outside, or made now by a span that was hoisted. */
  private value(port: Port, current: Current): Tensor {
    const { name } = port;
    return current.env.get(name) ?? this.made(name, current) ?? this.inputs.find(port, current.call);
  }

  /** The output of a hoisted span, which runs unless it ran on these very inputs before. */
  private made(name: string, current: Current): Tensor | undefined {
    const { pass, env } = current;
    const makes = (span: Span): boolean => span.graph.outputs.some((port) => port.name === name);
    const span = pass.step.find(makes) ?? pass.run.find(makes);
    if (!span) return undefined;
    const inputs = span.graph.inputs.map((port) => this.value(port, current).id).join();
    const memos = this.memo.get(span) ?? [];
    let memo = memos.find((one) => one.inputs === inputs);
    if (!memo) {
      this.run(span, current, new Map());
      const outputs = new Map(span.graph.outputs.map((port) => [port.name, env.get(port.name) as Tensor]));
      memo = { inputs, outputs };
      if (span.lasts === 'run') for (const tensor of outputs.values()) this.means.store.keep(tensor);
      this.memo.set(span, [...memos, memo]);
    }
    for (const [port, tensor] of memo.outputs) if (!env.has(port)) env.set(port, tensor);
    return env.get(name);
  }

  /** Each gate of a span open, with nothing to hand on, or closed with hidden streams. */
  private gatePorts(span: Span, closed: ClosedGates): Map<string, Tensor> {
    const ports = new Map<string, Tensor>();
    for (const gate of span.gates) {
      const given = closed.get(gate.open);
      ports.set(gate.open, this.bare(given ? 'closed' : 'open', 'bool', [1], given ? 0 : 1));
      for (const [stream, port] of Object.entries(gate.given)) {
        const width = gate.hidden[stream]?.shape.slice(1).map(Number) ?? [];
        ports.set(port, given?.[stream] ?? this.bare(`bare.${width}`, 'float32', [1, ...width], 0));
      }
    }
    return ports;
  }

  private bare(key: string, type: 'bool' | 'float32', shape: readonly number[], fill: number): Tensor {
    const known = this.bareGate.get(key);
    if (known) return known;
    const size = shape.reduce((a, b) => a * b, 1);
    const data = type === 'bool' ? new Uint8Array(size).fill(fill) : new Float32Array(size).fill(fill);
    const tensor = this.means.store.keep({ type, shape, data });
    this.bareGate.set(key, tensor);
    return tensor;
  }

  private sizes(call: PassCall): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const [stream, all] of Object.entries(this.means.phase.rows)) {
      sizes.set(`N.${stream}`, all).set(`A.${stream}`, countRows(call.rows[stream], all));
    }
    return sizes;
  }
}

/** Learns the length of named axes from a tensor bound to them. */
function noteSizes(sizes: Map<string, number>, shape: readonly Dim[], lengths: readonly number[]): void {
  shape.forEach((dim, i) => {
    if (typeof dim === 'string' && !sizes.has(dim)) sizes.set(dim, lengths[i] ?? 0);
  });
}

function length(dim: Dim, sizes: ReadonlyMap<string, number>, port: string): number {
  const found = lengthOf(dim, sizes);
  if (found !== undefined) return found;
  throw new SkipstoneError({
    code: 'port-shape',
    what: `the length of ${dimText(dim)} at ${port} cannot be told`,
    have: [...sizes].map(([name, value]) => `${name} ${value}`).join(', '),
    need: `an input of the span with the axis ${dimText(dim)}`,
    do: 'name the axis after rows of a stream or a condition in the adapter',
  });
}
