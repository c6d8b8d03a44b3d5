import { shapeText } from '../../graph/dim.js';
import type { Node } from '../../graph/node.js';
import type { Dim } from '../../spec/value.js';

/** A value and its bytes at the lengths of a run. */
export interface SizedValue {
  readonly shape: readonly Dim[];
  readonly bytes: number;
  /** True where its buffer is counted elsewhere. */
  readonly elsewhere?: boolean;
}

/**
 * Bytes of a session's buffers at its biggest moment, beside bytes that are held all along. As the runtime plans
 * them, before it runs: a value lives from its making to its last reader; it takes the buffer of a dead one of its
 * very shape, which is kept for it until then, or of an input that dies where it is made; a view is its input's.
 */
export function bufferBytes(
  nodes: readonly Node[],
  outputs: readonly { readonly name: string }[],
  always: number,
  sized: (name: string) => SizedValue,
): number {
  const change = new Float64Array(nodes.length + 1);
  for (const { bytes, from, to } of buffersOf(nodes, outputs, sized)) {
    change[from] = (change[from] ?? 0) + bytes;
    change[to + 1] = (change[to + 1] ?? 0) - bytes;
  }
  let [held, peak] = [always, always];
  nodes.forEach((node, i) => {
    held += change[i] ?? 0;
    peak = Math.max(peak, held + workspaceBytes(node, sized));
  });
  return peak;
}

interface Buffer {
  readonly bytes: number;
  /** Of the value it was made for. */
  readonly shape: string;
  readonly from: number;
  /** The node after which it is given back. */
  to: number;
}

function buffersOf(
  nodes: readonly Node[],
  outputs: readonly { readonly name: string }[],
  sized: (name: string) => SizedValue,
): readonly Buffer[] {
  const source = sourcesOf(nodes);
  const lastRead = new Map<string, number>();
  nodes.forEach(({ inputs }, i) => {
    for (const input of inputs) lastRead.set(source(input), i);
  });
  for (const { name } of outputs) lastRead.set(source(name), nodes.length - 1);
  const all: Buffer[] = [];
  const of = new Map<string, Buffer>();
  const free: Buffer[] = [];
  nodes.forEach(({ op, inputs, outputs: made }, i) => {
    const dying = [...new Set(inputs.map(source))].filter((name) => of.has(name) && lastRead.get(name) === i);
    for (const name of made) {
      const { bytes, shape, elsewhere = false } = sized(name);
      if (source(name) !== name || elsewhere) continue;
      const key = `${bytes} ${shapeText(shape)}`;
      const given = IN_PLACE.has(op) ? dying.find((input) => of.get(input)?.shape === key) : undefined;
      const taken = given === undefined ? takeFrom(free, key) : of.get(given);
      if (given !== undefined) of.delete(given);
      const buffer = taken ?? { bytes, shape: key, from: i, to: i };
      if (!taken) all.push(buffer);
      buffer.to = Math.max(buffer.to, lastRead.get(name) ?? i);
      of.set(name, buffer);
    }
    for (const name of [...dying, ...made.filter((one) => !lastRead.has(one))]) {
      const buffer = of.get(name);
      if (buffer) free.push(buffer);
      of.delete(name);
    }
  });
  return all;
}

function takeFrom(free: Buffer[], shape: string): Buffer | undefined {
  const at = free.findLastIndex((buffer) => buffer.shape === shape);
  return at < 0 ? undefined : free.splice(at, 1)[0];
}

/** The value whose buffer a value is. */
function sourcesOf(nodes: readonly Node[]): (name: string) => string {
  const views = new Map<string, string>();
  for (const { op, inputs, outputs } of nodes) {
    const [of = ''] = inputs;
    const [view = ''] = outputs;
    if (VIEWS.has(op)) views.set(view, views.get(of) ?? of);
  }
  return (name) => views.get(name) ?? name;
}

/** Operators whose result is their input's buffer. */
const VIEWS: ReadonlySet<string> = new Set(['Unsqueeze', 'Squeeze', 'Reshape', 'Identity']);

/** Operators that write over an input nobody else reads. */
const IN_PLACE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Sigmoid', 'Sqrt']);

/**
 * What an operator holds beside its output. Attention copies q, k and v so that heads come first; a quantised
 * product that is not packed, or has no kernel for its form, makes its whole matrix in float32; a convolution with
 * more channels than places to make unfolds what its kernel sees, else a small piece of that at a time.
 */
function workspaceBytes(node: Node, sized: (name: string) => SizedValue): number {
  if (node.op === 'MatMulNBits') return 4 * attributeOf(node, 'K') * attributeOf(node, 'N');
  if (node.op === 'Conv') return unfoldedBytes(node, sized);
  if (node.op !== 'MultiHeadAttention') return 0;
  return node.inputs.slice(0, 3).reduce((sum, name) => sum + sized(name).bytes, 0);
}

function unfoldedBytes(
  { inputs: [, weight = ''], outputs: [out = ''] }: Node,
  sized: (name: string) => SizedValue,
) {
  const [channels = 1, ...seen] = sized(weight).shape.map(Number);
  const places = sized(out)
    .shape.slice(2)
    .reduce<number>((product, dim) => product * Number(dim), 1);
  return channels > places ? 4 * places * seen.reduce((a, b) => a * b, 1) : 0;
}

export function attributeOf(node: Node, name: string): number {
  const attribute = node.attributes[name];
  return attribute && 'int' in attribute ? attribute.int : 0;
}
