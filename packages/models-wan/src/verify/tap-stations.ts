import { SkipstoneError } from '@skipstone/core';
import { type Golden, PREDICTION } from '@skipstone/core/testing';

/** Golden taps outside the blocks → where our pass has them. `head_in` lies after the trunk. */
const OUTSIDE: Readonly<Record<string, string>> = {
  'out.velocity': PREDICTION,
  'tap.patch_embedding.in': 'patches',
  'tap.patch_embedding': 'embed',
  'tap.time_embed.in': 'time_embed.in',
  'tap.time_embed': 'time_embed',
  'tap.proj_out.in': 'head_in',
  'tap.proj_out': PREDICTION,
};

/** The rest of a block's tap → the rest of the station's name, in the order of the line. */
const INSIDE: Readonly<Record<string, string>> = {
  '.in': 'block_in',
  '.attn1.in': 'attn_in',
  '.attn1': 'attn_out',
  '.attn2.in': 'cross_attn_in',
  '.attn2': 'cross_attn_out',
  '.ffn.in': 'mlp_in',
  '.ffn': 'mlp_out',
  '': 'block_out',
};

/** Which station each checked tensor of a forward is read at. */
export function tapStations(golden: Golden, blocks: number): ReadonlyMap<string, string> {
  const names = [...golden.tensors.keys()].filter((name) => !name.startsWith('in.'));
  return new Map(['out.velocity', ...names].map((name) => [name, stationOf(golden, name, blocks)]));
}

/** Stations up to the trunk's end in the order of the line, and those after it. */
export function inLineOrder(
  stations: Iterable<string>,
  blocks: number,
): { readonly trunk: readonly string[]; readonly head: readonly string[] } {
  const wanted = new Set(stations);
  const inBlocks = Array.from({ length: blocks }, (_, i) =>
    Object.values(INSIDE).map((rest) => `blocks.${i}.${rest}`),
  );
  const trunk = ['embed', 'patches', 'time_embed.in', 'time_embed', ...inBlocks.flat()];
  return {
    trunk: trunk.filter((station) => wanted.has(station)),
    head: ['head_in'].filter((station) => wanted.has(station)),
  };
}

function stationOf(golden: Golden, name: string, blocks: number): string {
  const outside = OUTSIDE[name];
  if (outside !== undefined) return outside;
  const [, index = '', rest = ''] = /^tap\.blocks\.(\d+)(.*)$/.exec(name) ?? [];
  const inside = INSIDE[rest];
  if (index !== '' && Number(index) < blocks && inside !== undefined) return `blocks.${index}.${inside}`;
  throw new SkipstoneError({
    code: 'verify-tensor',
    what: `${golden.folder}: a tensor of the case is not one that a Wan forward has`,
    have: name,
    need: [
      ...Object.keys(OUTSIDE),
      ...Object.keys(INSIDE).map((known) => `tap.blocks.<0 to ${blocks - 1}>${known}`),
    ].join(', '),
    do: 'correct the name in the case',
  });
}
