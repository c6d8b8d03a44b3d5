import { SkipstoneError } from '../../error.js';
import type { Given, Pinned } from '../../spec/given.js';
import type { ModelSpec } from '../../spec/model.js';
import type { HostTensor, Streams } from '../../spec/tensor.js';

/** What a run is given fits the model and its size. */
export function checkGiven(spec: ModelSpec, rows: Streams<number>, { pinned, tables }: Given): void {
  for (const [stream, value] of Object.entries(pinned ?? {})) checkPinned(spec, rows, stream, value);
  for (const [name, table] of Object.entries(tables ?? {})) checkTable(spec, rows, name, table);
}

/** Rows of each stream whose clean latents are given. */
export const pinnedRows = ({ pinned }: Given = {}): Streams<Int32Array> =>
  Object.fromEntries(Object.entries(pinned ?? {}).map(([stream, { rows }]) => [stream, rows]));

/** A run has every table that its model cannot make. Not asked of a plan, which can be made without them. */
export function assertTablesGiven(phase: {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly given?: Given;
}): void {
  const { name, spec, given } = phase;
  const needed = Object.keys(spec.tableSpecs).filter((table) => spec.tableSpecs[table]?.given);
  const missing = needed.filter((table) => !given?.tables?.[table]);
  if (missing.length === 0) return;
  throw fault(`${spec.name}: its phase ${name} lacks what it must be given`, {
    have: Object.keys(given?.tables ?? {}).join(', ') || 'no tables',
    need: missing.map((table) => `given.tables.${table}`).join(', '),
    do: "pass { given }, made by a function of the model's package",
  });
}

function checkPinned(spec: ModelSpec, all: Streams<number>, stream: string, { rows, clean }: Pinned): void {
  const streams = Object.keys(spec.streams).filter((name) => spec.streams[name]?.pinned);
  if (!streams.includes(stream)) {
    throw fault(`${spec.name}: tokens of ${stream} cannot be pinned`, {
      have: `clean latents for ${rows.length} rows`,
      need:
        streams.length > 0 ? `a stream that can: ${streams.join(', ')}` : 'none: it conditions on text alone',
      do: 'leave them out, or use a model that continues images or videos',
    });
  }
  const count = all[stream] ?? 0;
  const shape = [rows.length, spec.streams[stream]?.patch ?? 0];
  const falls = rows.findIndex((row, i) => row < 0 || row >= count || row <= (rows[i - 1] ?? -1));
  const fits = clean.type === 'float32' && clean.shape.join() === shape.join();
  if (rows.length > 0 && falls < 0 && fits) return;
  const at = falls < 0 ? '' : `, row ${rows[falls]} at ${falls}`;
  throw fault(`${spec.name}: the pinned rows of ${stream} do not fit`, {
    have: `${rows.length} rows${at}, ${clean.type} [${clean.shape.join(', ')}]`,
    need: `ascending rows below ${count}, at least one, and float32 [${shape.join(', ')}]`,
    do: 'pin frames of the size that is asked for',
  });
}

function checkTable(spec: ModelSpec, all: Streams<number>, name: string, table: HostTensor): void {
  const asked = spec.tableSpecs[name];
  const shape = asked && [all[asked.stream] ?? 0, asked.width];
  const type = asked?.type ?? 'float32';
  if (shape && table.type === type && table.shape.join() === shape.join()) return;
  throw fault(`${spec.name}: the table ${name} does not fit`, {
    have: `${table.type} [${table.shape.join(', ')}]`,
    need: shape
      ? `${type} [${shape.join(', ')}]`
      : `one of ${Object.keys(spec.tableSpecs).join(', ') || 'none'}`,
    do: 'give tables that the model declares, for the size that is asked for',
  });
}

function fault(what: string, lines: { readonly have: string; readonly need: string; readonly do: string }) {
  return new SkipstoneError({ code: 'plan-given', what, ...lines });
}
