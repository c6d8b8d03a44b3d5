import { SkipstoneError } from '../error.js';
import type { Dim, Lifetime, Value } from '../spec/pass.js';
import type { ElementType } from '../spec/tensor.js';
import type { Attribute, Initializer, Node, NodeFacts, Work } from './node.js';
import { DATA_TYPE } from './node.js';
import type { EmitOptions, WeightRef, WeightSource } from './weights.js';

/** A node to record: one output, whose value takes the node's name. */
export interface NewNode {
  readonly name: string;
  readonly op: string;
  readonly domain?: Node['domain'];
  readonly inputs: readonly (Value | undefined)[];
  readonly shape: readonly Dim[];
  readonly type?: ElementType;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly heavy?: boolean;
  readonly work?: Work;
}

/** What the recorder knows of a value: how long it lasts, and whether it differs between branches. */
export interface ValueFacts {
  readonly value: Value;
  /** `undefined` for constants and weights: as long as anything. */
  readonly lifetime: Lifetime | undefined;
  readonly perBranch: boolean;
}

const LIFETIMES: readonly Lifetime[] = ['run', 'step', 'pass'];

/** Collects nodes in the order they are written, with types, shapes and lifetimes. */
export class Recorder {
  readonly nodes: (Node & NodeFacts)[] = [];
  readonly values = new Map<string, ValueFacts>();
  readonly initializers = new Map<string, Initializer>();

  private readonly found = new Map<string, WeightRef>();

  constructor(
    private readonly weights: WeightSource,
    readonly options: EmitOptions,
  ) {}

  /** Where a weight lies; asked of the source once a pass. */
  find(name: string, shape: readonly number[]): WeightRef {
    const known = this.found.get(name) ?? this.weights.find(name, shape);
    this.found.set(name, known);
    return known;
  }

  /** A value from outside. */
  input(value: Value, lifetime: Lifetime, perBranch: boolean): Value {
    if (!this.values.has(value.name)) this.values.set(value.name, { value, lifetime, perBranch });
    return value;
  }

  /** A tensor the graph owns. */
  own(initializer: Initializer, type: ElementType): Value {
    const value = { name: initializer.name, type, shape: initializer.dims };
    const known = this.initializers.get(initializer.name);
    if (known && !sameInitializer(known, initializer))
      throw nameTaken(initializer.name, 'tensor of other values');
    if (!known && this.values.has(initializer.name)) throw nameTaken(initializer.name, 'tensor');
    if (!known) {
      this.initializers.set(initializer.name, initializer);
      this.values.set(initializer.name, { value, lifetime: undefined, perBranch: false });
    }
    return value;
  }

  node(spec: NewNode): Value {
    if (this.values.has(spec.name)) throw nameTaken(spec.name, spec.op);
    const value = { name: spec.name, type: spec.type ?? firstType(spec), shape: spec.shape };
    const from = spec.inputs.flatMap((input) => (input ? [this.facts(input.name)] : []));
    const perBranch = from.some((f) => f.perBranch);
    const lifetime = joinLifetimes(from, perBranch);
    this.values.set(spec.name, { value, lifetime, perBranch });
    this.nodes.push({
      name: spec.name,
      op: spec.op,
      domain: spec.domain ?? '',
      inputs: spec.inputs.map((input) => input?.name ?? ''),
      outputs: [spec.name],
      attributes: spec.attributes ?? {},
      lifetime: lifetime ?? 'constant',
      heavy: spec.heavy ?? false,
      work: spec.work ?? [],
    });
    return value;
  }

  facts(name: string): ValueFacts {
    const facts = this.values.get(name);
    if (facts) return facts;
    throw new SkipstoneError({
      code: 'graph-value',
      what: `graph: ${name} is read before it is made`,
      have: `${this.values.size} values`,
      need: `a value named ${name}`,
      do: 'pass values of this pass builder only',
    });
  }

  /** The value in another element type; itself if it has that type. */
  cast(value: Value, type: ElementType): Value {
    if (value.type === type) return value;
    const name = `${value.name}/${type}`;
    const known = this.values.get(name);
    if (known) return known.value;
    const attributes = { to: { int: DATA_TYPE[type] } };
    return this.node({ name, op: 'Cast', inputs: [value], shape: value.shape, type, attributes });
  }

  /** All values in the one type that products are computed in. */
  coerce(...values: readonly Value[]): readonly Value[] {
    const types = new Set(values.map((value) => value.type));
    return types.size < 2 ? values : values.map((value) => this.cast(value, this.options.compute));
  }

  constant(
    name: string,
    values: readonly number[],
    dims: readonly number[],
    type: 'float32' | 'int64',
  ): Value {
    const bytes =
      type === 'float32' ? new Float32Array(values) : new BigInt64Array(values.map((v) => BigInt(v)));
    return this.own({ name, type, dims, data: { bytes: new Uint8Array(bytes.buffer) } }, type);
  }
}

function sameInitializer(a: Initializer, b: Initializer): boolean {
  const [x, y] = [a.data, b.data];
  if (a.dims.join() !== b.dims.join() || !('bytes' in x) || !('bytes' in y)) return a === b;
  return x.bytes.length === y.bytes.length && x.bytes.every((byte, i) => byte === y.bytes[i]);
}

function nameTaken(name: string, second: string): SkipstoneError {
  return new SkipstoneError({
    code: 'graph-name',
    what: `graph: two nodes are named ${name}`,
    have: `a second ${second}`,
    need: 'names that are unique in a pass',
    do: 'name the node after the place it stands at, e.g. blocks.3.attn1.scores',
  });
}

function firstType(spec: NewNode): ElementType {
  return spec.inputs.find((input) => input)?.type ?? 'float32';
}

/** A node lasts as long as the shortest-lived of its inputs; text met by noise level lasts one pass. */
function joinLifetimes(from: readonly ValueFacts[], perBranch: boolean): Lifetime | undefined {
  const rank = Math.max(...from.map((f) => (f.lifetime ? LIFETIMES.indexOf(f.lifetime) : -1)), -1);
  const longest = LIFETIMES[rank];
  return longest === 'step' && perBranch ? 'pass' : longest;
}
