import type { Grid, HostTensor, PassBuilder, Value } from '@skipstone/core';
import type { CosmosConfig } from './config.js';

/** Tables of each token's position on an axis, as ids. */
export const POSITIONS = ['position.t', 'position.h', 'position.w'] as const;

export function positionTables({ frames, height, width }: Grid): Record<string, HostTensor> {
  const [Y, X] = [height / 2, width / 2];
  const rows = frames * Y * X;
  const of = (position: (row: number) => number): HostTensor => {
    const data = BigInt64Array.from({ length: rows }, (_, row) => BigInt(position(row)));
    return { type: 'int64', shape: [rows, 1], data };
  };
  return {
    'position.t': of((row) => Math.floor(row / (Y * X))),
    'position.h': of((row) => Math.floor(row / X) % Y),
    'position.w': of((row) => row % X),
  };
}

/** The sum of each axis' embedding over its root mean square (and 1e-6), `[A, D]`. No released model has them. */
export function emitPositions(p: PassBuilder, { width: D, positions }: CosmosConfig): Value {
  const at = 'learnable_pos_embed';
  const [t, h, w] = POSITIONS.map((name, i) => {
    const axis = name.slice(-1);
    const [rows = 1] = p.table(name).shape;
    const ids = p.reshape(`${at}.${axis}.ids`, p.table(name), [rows]);
    return p.gatherRows(`${at}.${axis}`, p.weight(`${at}.pos_emb_${axis}`, [positions[i] ?? 0, D]), ids);
  }) as [Value, Value, Value];
  const sum = p.add(`${at}.sum`, p.add(`${at}.th`, t, h), w);
  const square = p.mean(`${at}.mean-square`, p.mul(`${at}.square`, sum, sum), 1);
  const root = p.add(`${at}.norm`, p.sqrt(`${at}.root`, square), p.constant(`${at}.eps`, [1e-6], [1]));
  return p.ownRows('video', `${at}.own`, p.div(`${at}.normed`, sum, root));
}
