import { type Checkpoint, findTensor, readTensor, SkipstoneError } from '@skipstone/core';

/** Rows of a table of embeddings, `[ids, D]`: only those that occur are read from its file. */
export async function embedRows(
  checkpoint: Checkpoint,
  table: string,
  ids: readonly number[],
): Promise<Float32Array> {
  const entry = findTensor(checkpoint, table);
  const [rows = 0, width = 0] = entry.shape;
  const outside = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < rows));
  if (outside !== undefined) throw noRow(table, outside, rows);
  const bytes = entry.byteLength / rows;
  const read = async (id: number): Promise<Float32Array> => {
    const row = { ...entry, shape: [width], offset: entry.offset + id * bytes, byteLength: bytes };
    return Float32Array.from((await readTensor(row)).data as Float32Array);
  };
  const unique = new Map(
    await Promise.all([...new Set(ids)].map(async (id) => [id, await read(id)] as const)),
  );
  const all = new Float32Array(ids.length * width);
  for (const [i, id] of ids.entries()) all.set(unique.get(id) ?? [], i * width);
  return all;
}

function noRow(table: string, id: number, rows: number): SkipstoneError {
  return new SkipstoneError({
    code: 'encoder-token',
    what: `${table}: a token of the prompt has no row`,
    have: `token ${id}`,
    need: `0 to ${rows - 1}`,
    do: 'use the tokenizer that belongs to this encoder',
  });
}
