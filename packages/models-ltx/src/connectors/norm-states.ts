import { type HostTensor, SkipstoneError } from '@skipstone/core';
import type { ConnectorsConfig } from './connectors-config.js';

const EPS = 1e-6;

/**
 * Hidden states of a text encoder, stacked on the last axis: `[S, width·layers]`, channel outermost. Gives those
 * of the prompt's tokens, in order, normed as the connectors expect: 2.0 each layer over the whole prompt, 8·(h −
 * mean)/(most − least); later each token of each layer by its root mean square.
 */
export function normStates(
  states: HostTensor,
  mask: readonly boolean[],
  config: ConnectorsConfig,
): HostTensor {
  const { textWidth: width, layers } = config;
  const { data, shape } = states;
  const columns = width * layers;
  if (
    !(data instanceof Float32Array) ||
    shape.length !== 2 ||
    shape[1] !== columns ||
    shape[0] !== mask.length
  ) {
    throw fault(
      `${states.type} [${shape.join(', ')}], ${mask.length} flags`,
      `float32 [S, ${columns}], S flags`,
    );
  }
  const kept = mask.flatMap((valid, i) => (valid ? [i] : []));
  if (kept.length === 0) throw fault('no token', 'one token at least');
  const out = new Float32Array(kept.length * columns);
  for (const [row, from] of kept.entries()) {
    out.set(data.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  for (let layer = 0; layer < layers; layer++) {
    if (config.own) normTokens(out, layer, { rows: kept.length, width, layers });
    else normLayer(out, layer, { rows: kept.length, width, layers });
  }
  return { type: 'float32', shape: [kept.length, columns], data: out };
}

interface Stack {
  readonly rows: number;
  readonly width: number;
  readonly layers: number;
}

function normLayer(data: Float32Array, layer: number, { rows, width, layers }: Stack): void {
  const count = rows * width;
  let [sum, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    const value = data[i * layers + layer] ?? 0;
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const mean = sum / (count + EPS);
  for (let i = 0; i < count; i++) {
    const at = i * layers + layer;
    data[at] = (8 * ((data[at] ?? 0) - mean)) / (most - least + EPS);
  }
}

function normTokens(data: Float32Array, layer: number, { rows, width, layers }: Stack): void {
  for (let row = 0; row < rows; row++) {
    const place = (channel: number): number => (row * width + channel) * layers + layer;
    let square = 0;
    for (let c = 0; c < width; c++) square += (data[place(c)] ?? 0) ** 2;
    const by = 1 / Math.sqrt(square / width + EPS);
    for (let c = 0; c < width; c++) data[place(c)] = (data[place(c)] ?? 0) * by;
  }
}

function fault(have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-text',
    what: 'LTX-2: the hidden states of a prompt do not fit its connectors',
    have,
    need,
    do: 'stack all hidden states of the text encoder on the last axis, and flag the tokens of the prompt',
  });
}
