/**
 * What stands in for the reference in `own-model.ts`: a tiny DiT in float64, row by row, and a golden folder that
 * is recorded from it. A real model has the code of its authors here: import that, and write the same four files.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostTensor, type ModelSpec, recordPass, writeSafetensors } from '@skipstone/core';

const [D, P, TEXT, EPS, WAVES] = [12, 8, 5, 1e-6, [1, 0.1, 0.01, 0.001]];
type Rows = number[][];
const grid = (rows: number, width: number, of: (row: number, i: number) => number): Rows =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: width }, (_, i) => of(row, i)));
export const tensor = (x: Rows, shape: readonly number[] = [x.length, x[0]?.length ?? 0]): HostTensor => ({
  ...{ type: 'float32', shape, data: Float32Array.from(x.flat()) },
});
export const positions = (rows: number, width: number): Rows =>
  grid(rows, width, (row, i) => Math.sin(row / (i + 1)));
const dot = (a: number[], b: number[]): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
const add = (a: Rows, b: Rows): Rows => a.map((row, n) => row.map((v, i) => v + (b[n]?.[i] ?? 0)));
const norm = (x: Rows): Rows =>
  x.map((row) => {
    const centred = row.map(
      (v) =>
        v -
        dot(
          row,
          row.map(() => 1),
        ) /
          row.length,
    );
    return centred.map((v) => v / Math.sqrt(dot(centred, centred) / row.length + EPS));
  });
const attend = (q: Rows, k: Rows, v: Rows): Rows =>
  q.map((row) => {
    const e = k.map((key) => Math.exp(dot(row, key) / Math.sqrt(D)));
    const sum = e.reduce((a, b) => a + b, 0);
    return row.map(
      (_, i) =>
        dot(
          e,
          v.map((value) => value[i] ?? 0),
        ) / sum,
    );
  });
const gelu = (v: number): number =>
  0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));

function reference(weights: Record<string, Rows>, latents: Rows, text: Rows): Record<string, Rows> {
  const linear = (at: string, x: Rows): Rows =>
    x.map((row) =>
      (weights[`${at}.weight`] ?? []).map((w, o) => dot(w, row) + (weights[`${at}.bias`]?.[0]?.[o] ?? 0)),
    );
  const taps: Record<string, Rows> = {};
  const [parts = []] = linear('time_proj', [WAVES.map((f) => Math.cos(500 * f))]);
  const part = (i: number): number => parts[i] ?? 0;
  const read = linear('text_proj', text);
  let hidden = add(linear('patch_embed', latents), positions(latents.length, D));
  for (const at of ['blocks.0', 'blocks.1']) {
    const x = norm(hidden).map((row) => row.map((v, i) => v * (1 + part(D + i)) + part(i)));
    const [q = [], k = [], v = []] = ['q', 'k', 'v'].map((side) => linear(`${at}.attn1.to_${side}`, x));
    const self = attend(q, k, v);
    const seen = add(
      hidden,
      self.map((row) => row.map((s, i) => s * part(2 * D + i))),
    );
    const cross = attend(seen, linear(`${at}.attn2.to_k`, read), linear(`${at}.attn2.to_v`, read));
    Object.assign(taps, { [`tap.${at}.attn1`]: self, [`tap.${at}.attn2`]: cross });
    const both = add(seen, cross);
    hidden = add(
      both,
      linear(
        `${at}.ff.2`,
        linear(`${at}.ff.0`, both).map((row) => row.map(gelu)),
      ),
    );
  }
  return { ...taps, 'out.velocity': linear('head', norm(hidden)) };
}

/** Numbers in (−½, ½) that look random. */
export const some = (rows: number, width: number, seed: number): Rows =>
  grid(rows, width, (row, i) => Math.sin(seed + 7 * (row * width + i) ** 2) / 2);
/** Makes up weights for what a model reads, and records a forward on them: the folder of the case. */
export async function recordGolden(spec: ModelSpec): Promise<string> {
  const weights: Record<string, Rows> = {};
  const stored: Record<string, HostTensor> = {};
  const find = (name: string, shape: readonly number[]) => {
    const [rows, width] = [shape.length > 1 ? (shape[0] ?? 1) : 1, shape.at(-1) ?? 1];
    weights[name] = some(rows, width, Object.keys(weights).length);
    stored[name] = tensor(weights[name], shape);
    return { kind: 'stored', type: 'float32', range: { bytes: new Uint8Array() } } as const;
  };
  const options = { compute: 'float32', weights: 'mapped', decompose: new Set<never>() } as const;
  recordPass(spec, { variant: 'plain', rows: false }, { find }, options);
  const [latents, text] = [some(8, P, 91), some(3, TEXT, 92)];
  const values = { 'in.latents': latents, 'in.text': text, ...reference(weights, latents, text) };
  const io = Object.fromEntries(Object.entries(values).map(([name, x]) => [name, tensor(x)]));
  const tensors = Object.fromEntries(
    Object.entries(io).map(([name, { type, shape }]) => [name, [type, shape]]),
  );
  const about = {
    what: 'one forward',
    kind: 'forward',
    reference: { here: 'reference/tiny-dit.ts' },
    seed: 91,
    tensors,
  };
  const folder = await mkdtemp(join(tmpdir(), 'own-model-'));
  await writeSafetensors(join(folder, 'model.safetensors'), stored);
  await writeSafetensors(join(folder, 'io.safetensors'), io);
  await writeFile(join(folder, 'case.json'), JSON.stringify(about));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ _class_name: 'TinyDiT' }));
  return folder;
}
