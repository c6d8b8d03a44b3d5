import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteSource } from '../checkpoint/files.js';
import { openCheckpoint } from '../checkpoint/open.js';
import { readTensor } from '../checkpoint/read.js';
import { makeTemporary } from '../checkpoint/temporary.js';
import { writeSafetensors } from '../checkpoint/write.js';
import { SkipstoneError } from '../error.js';
import type { OpenModel } from '../graph/model-weights.js';
import { rejectionOf } from '../testing/fault.js';
import { deadProcess } from '../testing/small/dead-process.js';
import { wideModel } from '../testing/small/wide.js';
import { dequantiseRows } from './blocks.js';
import { nodeSidecarFiles } from './node-sidecar-files.js';
import { quantisedWeights, type SidecarProgress } from './sidecar.js';
import type { SidecarFiles } from './sidecar-files.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'skipstone-sidecar-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const NAMES = ['time_proj.weight', 'text_proj.weight', 'blocks.0.fc.weight'] as const;

/** Node's files, some done otherwise. */
const filesWith = (other: Partial<SidecarFiles>): SidecarFiles => ({ ...nodeSidecarFiles, ...other });

/** What a matrix of the sidecar stands for, held against the checkpoint's: max|a−b| / max|b|. */
async function errorOfMatrix(file: string, model: OpenModel, name: string, bits: 8 | 4): Promise<number> {
  const { tensors } = await openCheckpoint(file);
  const read = async (entry = tensors.get(name)) => {
    if (!entry) throw new Error(`no ${name}`);
    return readTensor(entry);
  };
  const [values, scales] = [await read(), await read(tensors.get(`${name}.scales`))];
  const right = await read(model.checkpoint.tensors.get(name));
  const block = ((values.shape[2] ?? 0) * 8) / bits;
  const rows = { values: values.data as Uint8Array, scales: scales.data as Float32Array };
  const got = dequantiseRows(rows, right.shape[1] ?? 0, { bits, block });
  const want = right.data as Float32Array;
  const largest = Math.max(...want.map(Math.abs));
  return Math.max(...got.map((value, i) => Math.abs(value - (want[i] ?? 0)))) / largest;
}

describe('a sidecar', () => {
  it.each([
    [8, 'float32', 0.01],
    [8, 'bfloat16', 0.01],
    [8, 'float16', 0.01],
    [4, 'float32', 0.13],
  ] as const)('holds a model in %i bits, made from %s', async (bits, type, bound) => {
    const model = await wideModel({ type });
    const { weights, file, bytes, made } = await quantisedWeights(model, { bits, folder });
    expect(made).toBe(true);
    expect(bytes).toBe((await readFile(file)).byteLength);
    expect(await errorOfMatrix(file, model, 'blocks.0.fc.weight', bits)).toBeLessThan(bound);
    expect(await errorOfMatrix(file, model, 'text_proj.weight', bits)).toBeLessThan(bound);
    expect(await errorOfMatrix(file, model, 'time_proj.weight', 8)).toBeLessThan(0.01);
    expect(weights.find('blocks.0.fc.weight', [256, 192])).toMatchObject({ kind: 'quantised', bits });
    expect(weights.find('time_proj.weight', [192, 192])).toMatchObject({ kind: 'quantised', bits: 8 });
    expect(weights.find('head.weight', [192, 192])).toEqual(model.weights.find('head.weight', [192, 192]));
    expect(() => weights.find('blocks.0.fc.weight', [192, 256])).toThrow('has another shape');
  });

  it('is made once for a checkpoint, a number of bits and a block', async () => {
    const model = await wideModel();
    const first = await quantisedWeights(model, { bits: 8, folder });
    const again = await quantisedWeights(model, { bits: 8, folder, onProgress: () => expect.unreachable() });
    expect([first.made, again.made]).toEqual([true, false]);
    expect(again.file).toBe(first.file);
    expect(again.weights.find(NAMES[0], [192, 192])).toEqual(first.weights.find(NAMES[0], [192, 192]));
    for (const other of [{ bits: 4 }, { bits: 8, block: 32 }] as const) {
      expect((await quantisedWeights(model, { ...other, folder })).made).toBe(true);
    }
    expect((await quantisedWeights(await wideModel({ seed: 2 }), { bits: 8, folder })).made).toBe(true);
    expect(await readdir(folder)).toHaveLength(4);
  });

  it('holds the same bytes whenever it is made', async () => {
    const model = await wideModel();
    const first = await quantisedWeights(model, { bits: 4, folder });
    const bytes = await readFile(first.file);
    await rm(first.file);
    await quantisedWeights(model, { bits: 4, folder });
    expect((await readFile(first.file)).equals(bytes)).toBe(true);
  });

  it('is made anew where the file of its name is damaged, or of another model', async () => {
    const model = await wideModel();
    const { file } = await quantisedWeights(model, { bits: 8, folder });
    const right = await readFile(file);
    await writeFile(file, right.subarray(0, right.byteLength - 1));
    expect((await quantisedWeights(model, { bits: 8, folder })).made).toBe(true);
    const { tensors } = await openCheckpoint(file);
    const held = await Promise.all(
      [...tensors].map(async ([name, entry]) => [name, await readTensor(entry)]),
    );
    const metadata = { 'skipstone.fingerprint': 'another' };
    await writeSafetensors(file, Object.fromEntries(held), { metadata });
    expect((await quantisedWeights(model, { bits: 8, folder })).made).toBe(true);
    const own = { 'skipstone.fingerprint': model.checkpoint.fingerprint };
    await writeSafetensors(file, Object.fromEntries(held.slice(1)), { metadata: own });
    expect((await quantisedWeights(model, { bits: 8, folder })).made).toBe(true);
    expect((await readFile(file)).equals(right)).toBe(true);
  });

  it('tells how far it is: nothing, stretch by stretch, all of it', async () => {
    const model = await wideModel();
    const told: SidecarProgress[] = [];
    const { file, bytes } = await quantisedWeights(model, {
      bits: 8,
      folder,
      onProgress: (progress) => told.push(progress),
    });
    const done = told.map(({ doneBytes }) => doneBytes);
    const matrices = 4 * (192 * 192 + 192 * 200 + 256 * 192);
    expect([done[0], done.at(-1)]).toEqual([0, 2 * matrices]);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    for (const progress of told) expect(progress).toMatchObject({ file, totalBytes: 2 * matrices });
    expect(bytes - (told[0]?.fileBytes ?? 0)).toBeLessThan(2048); // the header
  });

  it('is made from stretches of rows, whatever the size of a matrix', async () => {
    const huge = 'blocks.0.fc.weight';
    const [rows, width] = [40_000, 192];
    const stored = {
      kind: 'stored',
      type: 'float32',
      range: { bytes: new Uint8Array(4 * rows * width) },
    } as const;
    const { sidecarTensors } = await import('./sidecar-tensors.js');
    const tensors = sidecarTensors([{ name: huge, shape: [rows, width], stored, clock: false }], {
      files: nodeSidecarFiles,
      form: { bits: 8, block: 64 },
      onBytes: (bytes) => expect(bytes).toBeLessThanOrEqual(8 * 2 ** 20),
    });
    let written = 0;
    for await (const piece of tensors[huge]?.pieces() ?? []) written += piece.byteLength;
    expect(written).toBe(rows * width);
  });
});

describe('making a sidecar', () => {
  it('twice at once ends with one file', async () => {
    const model = await wideModel();
    const both = await Promise.all([1, 2].map(() => quantisedWeights(model, { bits: 8, folder })));
    expect(both.map(({ made }) => made)).toEqual([true, true]);
    expect(await readdir(folder)).toHaveLength(1);
    expect((await quantisedWeights(model, { bits: 8, folder })).made).toBe(false);
  });

  it('leaves nothing behind when it is aborted', async () => {
    const model = await wideModel();
    const stop = new AbortController();
    const work = quantisedWeights(model, {
      bits: 8,
      folder,
      signal: stop.signal,
      onProgress: ({ doneBytes }) => doneBytes > 0 && stop.abort(),
    });
    await expect(work).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not take for whole what a killed process left, and removes it', async () => {
    const model = await wideModel();
    const { file } = await quantisedWeights(model, { bits: 8, folder });
    const bytes = await readFile(file);
    await rm(file);
    const dead = await deadProcess();
    const live = await makeTemporary(folder, 'file');
    const left = live.replace(`-${process.pid}-`, `-${dead}-`);
    for (const part of [left, live]) await writeFile(part, bytes.subarray(0, bytes.byteLength / 2));
    expect((await quantisedWeights(model, { bits: 8, folder })).made).toBe(true);
    const names = (await readdir(folder)).map((name) => join(folder, name));
    expect(names.sort()).toEqual([file, live].sort());
  });

  it('names the tensor whose values are not numbers', async () => {
    const values = { 'blocks.0.fc.weight': new Float32Array(256 * 192).fill(Number.NaN, 5) };
    const error = await rejectionOf(quantisedWeights(await wideModel({ values }), { bits: 8, folder }));
    expect(error.lines.what).toBe('blocks.0.fc.weight: a weight cannot be quantised');
    expect(await readdir(folder)).toEqual([]);
  });

  it('hands on what goes wrong with reading the model', async () => {
    const broken = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
    const source: ByteSource = { size: 0, read: () => Promise.reject(broken), close: async () => {} };
    const files = filesWith({ open: async () => source });
    await expect(quantisedWeights(await wideModel(), { bits: 8, folder, files })).rejects.toBe(broken);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('where a sidecar cannot be made', () => {
  const text = (error: SkipstoneError): string => error.message.replaceAll(folder, 'FOLDER');
  const fault = (code: string, syscall: string) =>
    Object.assign(new Error(`${code}: it went wrong, ${syscall}`), { code, syscall });

  it('says what the disk lacks before anything is written', async () => {
    const files = filesWith({ freeBytes: async () => 20_000 });
    const error = await rejectionOf(quantisedWeights(await wideModel(), { bits: 8, folder, files }));
    expect(text(error)).toMatchInlineSnapshot(`
      "a sidecar file does not fit on the disk
        have   0.0 MiB free at FOLDER
        need   0.1 MiB
        do     make room (\`skipstone weights list\` shows sidecars of other models), or name another folder with SKIPSTONE_CACHE"
    `);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says so when the disk fills up meanwhile', async () => {
    const files = filesWith({
      create: async (path) => ({
        ...(await nodeSidecarFiles.create(path)),
        write: () => Promise.reject(fault('ENOSPC', 'write')),
      }),
    });
    const error = await rejectionOf(quantisedWeights(await wideModel(), { bits: 8, folder, files }));
    expect(text(error)).toMatchInlineSnapshot(`
      "a sidecar file does not fit on the disk
        have   a full disk at FOLDER
        need   0.1 MiB
        do     make room (\`skipstone weights list\` shows sidecars of other models), or name another folder with SKIPSTONE_CACHE"
    `);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says so where the folder cannot be made', async () => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    const error = await rejectionOf(
      quantisedWeights(await wideModel(), { bits: 8, folder: join(path, 'below') }),
    );
    expect(text(error)).toMatchInlineSnapshot(`
      "there is no folder to keep sidecar files in
        have   FOLDER/file/below: ENOTDIR: not a directory, mkdir 'FOLDER/file/below'
        need   a folder that may be made and written to
        do     name another folder with SKIPSTONE_CACHE"
    `);
  });

  it('says so where the folder may not be written to', async () => {
    const cause = fault('EACCES', 'open');
    const what = { what: 'cannot write', have: cause.message, need: '', do: '', code: 'write-failed' };
    const files = filesWith({ create: () => Promise.reject(new SkipstoneError({ ...what, cause })) });
    const error = await rejectionOf(quantisedWeights(await wideModel(), { bits: 8, folder, files }));
    expect(text(error)).toMatchInlineSnapshot(`
      "a sidecar file cannot be written
        have   FOLDER: EACCES: it went wrong, open
        need   a folder that may be written to
        do     name another folder with SKIPSTONE_CACHE"
    `);
  });

  it('says so when the file is gone as soon as it is made', async () => {
    const files = filesWith({ kind: async () => 'missing' });
    const error = await rejectionOf(quantisedWeights(await wideModel(), { bits: 8, folder, files }));
    expect(text(error).replaceAll(/[0-9a-f]{64}/g, 'PRINT')).toMatchInlineSnapshot(`
      "FOLDER/PRINT.int8.b64.v1.safetensors is not what was written
        have   another file under its name
        need   the file as it was written a moment ago
        do     see whether another program clears or writes this folder, or name another with SKIPSTONE_CACHE"
    `);
  });
});
