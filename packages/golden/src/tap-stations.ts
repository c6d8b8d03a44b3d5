import { SkipstoneError } from '@skipstone/core';
import { PREDICTION } from './capture-stations.js';
import type { Golden } from './golden.js';

/** The rest of a block's tap → the rest of the station's name, in the order of the line. */
const INSIDE: Readonly<Record<string, string>> = {
  '.in': 'block_in',
  '.attn1.in': 'attn_in',
  '.attn1': 'attn_out',
  '.attn2.in': 'cross_attn_in',
  '.attn2': 'cross_attn_out',
  '.ff.in': 'mlp_in',
  '.ff': 'mlp_out',
  '': 'block_out',
};

export interface TapNames {
  readonly blocks: number;
  /** Golden taps outside the blocks → stations before the blocks and after the trunk, in the order of the line. */
  readonly before?: Readonly<Record<string, string>>;
  readonly after?: Readonly<Record<string, string>>;
}

export interface TapStations {
  /** The station each checked tensor of a forward is read at. */
  readonly of: ReadonlyMap<string, string>;
  /** Those stations in the order of the line, up to the trunk's end and after it. */
  readonly trunk: readonly string[];
  readonly head: readonly string[];
}

/** Where the tensors of a forward's case are found on our line; `out.velocity` is the prediction. */
export function tapStations(golden: Golden, { blocks, before = {}, after = {} }: TapNames): TapStations {
  const outside = { 'out.velocity': PREDICTION, ...before, ...after };
  const inBlocks = Array.from({ length: blocks }, (_, i) =>
    Object.entries(INSIDE).map(([tap, rest]) => [`tap.blocks.${i}${tap}`, `blocks.${i}.${rest}`] as const),
  ).flat();
  const known = new Map<string, string>([...Object.entries(outside), ...inBlocks]);
  const names = [...golden.tensors.keys()].filter((name) => !name.startsWith('in.'));
  const of = new Map<string, string>();
  for (const name of ['out.velocity', ...names]) {
    // Feed-forwards are `ff` here and `ffn` there.
    const station = known.get(name.replace(/\.ffn(?=\.in$|$)/, '.ff'));
    if (station === undefined) throw unknownTap(golden, name, [...Object.keys(outside)], blocks);
    of.set(name, station);
  }
  const asked = new Set(of.values());
  const trunk = [...Object.values(before), ...inBlocks.map(([, station]) => station)];
  return {
    of,
    trunk: trunk.filter((station) => asked.has(station)),
    head: Object.values(after).filter((station) => asked.has(station) && station !== PREDICTION),
  };
}

function unknownTap(
  { folder }: Golden,
  name: string,
  outside: readonly string[],
  blocks: number,
): SkipstoneError {
  const inside = Object.keys(INSIDE).map((tap) => `tap.blocks.<0 to ${blocks - 1}>${tap}`);
  return new SkipstoneError({
    code: 'verify-tensor',
    what: `${folder}: a tensor of the case is not one that this model's forward has`,
    have: name,
    need: [...outside, ...inside].join(', '),
    do: 'correct the name in the case',
  });
}
