import { SkipstoneError } from '../error.js';
import type { ModelSpec } from '../spec/model.js';
import type { Dim, PassBuilder, Source, Value } from '../spec/pass.js';
import type { ElementType, Streams } from '../spec/tensor.js';
import { arithmetic } from './arithmetic.js';
import { type KeyValueCache, keepRows } from './keys-values.js';
import { gatherRows } from './op/elementwise.js';
import { Recorder } from './recorder.js';
import type { EmitOptions, WeightSource } from './weights.js';

/** Which pass: the model's own or a variant of it, over all rows or with some computed and the rest cached. */
export interface PassForm {
  readonly variant: string;
  /** False: all rows. True: some, keys and values of all cached. `alone`: some, which attend to each other. */
  readonly rows: boolean | 'alone';
}

/** A whole pass as the adapter wrote it: the line of nodes and the stations on it. */
export interface PassGraph {
  /** The form in a word: `plain`, `rows`, `alone`, `skip-attention`, `skip-attention+rows`. */
  readonly form: string;
  readonly rows: PassForm['rows'];
  readonly recorder: Recorder;
  /** In the order of the line. */
  readonly stations: readonly Station[];
  /** Predictions, `[A, P]`, by stream. */
  readonly outputs: Streams<Value>;
  /** Caches of keys and values that the pass overwrites in place. */
  readonly caches: readonly KeyValueCache[];
}

export interface Station {
  readonly name: string;
  readonly kind: 'hidden' | 'tap';
  /** Number of nodes before it. */
  readonly position: number;
  readonly values: Streams<Value>;
}

/** Lets the model write down one pass. */
export function recordPass(
  spec: ModelSpec,
  { variant, rows: someRows }: PassForm,
  weights: WeightSource,
  options: EmitOptions,
): PassGraph {
  const recorder = new Recorder(weights, options);
  const stations: Station[] = [];
  const outputs: Record<string, Value> = {};
  const caches: KeyValueCache[] = [];
  const known = <T>(kind: string, record: Readonly<Record<string, T>>, name: string): T => {
    const found = record[name];
    if (found !== undefined) return found;
    throw unknownName(spec.name, kind, name, Object.keys(record));
  };
  const station = (name: string, kind: Station['kind'], values: Streams<Value>): void => {
    if (stations.some((s) => s.name === name)) throw unknownName(spec.name, 'new station', name, []);
    stations.push({ name, kind, position: recorder.nodes.length, values });
  };
  const rows = (stream: string): Dim => (someRows ? `A.${stream}` : `N.${stream}`);
  const port = (source: Source, shape: readonly Dim[], type: ElementType = 'float32'): Value => {
    const { kind, name } = source;
    const value = {
      name: kind === 'clock-row' ? `clock.${name}.row` : `${kind}.${name}`,
      type,
      shape,
      source,
    };
    const lasts = kind === 'condition' || kind === 'table' ? 'run' : 'step';
    return recorder.input(value, lasts, kind === 'condition');
  };
  const rowIds = (stream: string): Value => port({ kind: 'rows', name: stream }, [rows(stream)], 'int64');
  station('start', 'tap', {});
  const g = recorder;

  const pass: PassBuilder = {
    variant,
    latents(stream) {
      const { patch } = known('stream', spec.streams, stream);
      return port({ kind: 'latents', name: stream }, [rows(stream), patch]);
    },
    condition(name) {
      const { shape } = known('condition', spec.conditions, name);
      return port({ kind: 'condition', name }, shape);
    },
    clock(name) {
      const clock = known('clock', spec.clocks, name);
      const length = clock.rows === 'one' ? 1 : `r.${name}`;
      return port({ kind: 'clock', name }, [length]);
    },
    clockRow(name) {
      const clock = known('clock', spec.clocks, name);
      if (clock.rows === 'one') return undefined;
      return port({ kind: 'clock-row', name }, [rows(clock.stream)], 'int64');
    },
    table(name) {
      const { stream, width, type = 'float32' } = known('table', spec.tableSpecs, name);
      return port({ kind: 'table', name }, [`N.${stream}`, width], type);
    },
    positions(stream) {
      return someRows ? rowIds(stream) : g.constant('positions.offset', [0], [1], 'int64');
    },
    station: (name, hidden) => station(name, 'hidden', hidden),
    tap: (name, value) => station(name, 'tap', value),
    output(stream, value) {
      known('stream', spec.streams, stream);
      outputs[stream] = g.cast(value, 'float32');
    },
    allRows(stream, name, value) {
      if (someRows !== true) return value;
      const kept = keepRows(g, { stream, name, value, ids: rowIds(stream) });
      caches.push(...kept.caches);
      return g.cast(kept.all, g.options.compute);
    },
    ownRows: (stream, name, value) => (someRows ? gatherRows(g, name, value, rowIds(stream)) : value),
    ...arithmetic(g),
  };
  spec.emit(pass);
  for (const stream of Object.keys(spec.streams)) if (!outputs[stream]) throw noOutput(spec.name, stream);
  station('end', 'tap', outputs);
  return { form: formName({ variant, rows: someRows }), rows: someRows, recorder, stations, outputs, caches };
}

export function formName({ variant, rows }: PassForm): string {
  if (!rows) return variant;
  const form = rows === 'alone' ? rows : 'rows';
  return variant === 'plain' ? form : `${variant}+${form}`;
}

function noOutput(model: string, stream: string): SkipstoneError {
  return new SkipstoneError({
    code: 'model-output',
    what: `${model}: its pass predicts nothing for ${stream}`,
    have: 'no output of this stream',
    need: 'one prediction a stream',
    do: `end the adapter's emit with output('${stream}', …)`,
  });
}

function unknownName(model: string, kind: string, name: string, known: readonly string[]): SkipstoneError {
  return new SkipstoneError({
    code: 'model-name',
    what: `${model}: its pass names a ${kind} that does not fit: ${name}`,
    have: known.length > 0 ? known.join(', ') : `${name} twice`,
    need: known.length > 0 ? `a ${kind} that the spec declares` : 'names used once',
    do: `mend the adapter's emit or its spec`,
  });
}
