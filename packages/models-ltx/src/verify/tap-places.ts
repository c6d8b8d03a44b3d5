import { SkipstoneError } from '@skipstone/core';
import { type Golden, PREDICTION } from '@skipstone/golden';
import type { StreamName } from '../block.js';

/** Where a tensor of a forward is found on our line. */
export interface Place {
  readonly station: string;
  readonly stream: StreamName;
}

/** Modules of a block that end in video, and in audio → the station's name, in the order of the line. */
const MODULES: Readonly<Record<StreamName, Readonly<Record<string, string>>>> = {
  video: { attn1: 'attn', attn2: 'cross_attn', audio_to_video_attn: 'av_attn', ff: 'mlp' },
  audio: {
    audio_attn1: 'attn',
    audio_attn2: 'cross_attn',
    video_to_audio_attn: 'av_attn',
    audio_ff: 'mlp',
  },
};

const STREAM_NAMES: readonly StreamName[] = ['video', 'audio'];

/** Golden names of a forward → places. Of a block: what enters, modules with what enters them, what leaves. */
function knownPlaces(blocks: number): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (let i = 0; i < blocks; i++) {
    const at = `tap.blocks.${i}`;
    for (const stream of STREAM_NAMES) {
      const whole = stream === 'video' ? at : `${at}.audio`;
      places.set(`${whole}.in`, { station: `blocks.${i}.block_in`, stream });
      for (const [module, station] of Object.entries(MODULES[stream])) {
        places.set(`${at}.${module}.in`, { station: `blocks.${i}.${station}_in`, stream });
        places.set(`${at}.${module}`, { station: `blocks.${i}.${station}_out`, stream });
      }
      places.set(whole, { station: `blocks.${i}.block_out`, stream });
    }
  }
  for (const stream of STREAM_NAMES) places.set(`out.${stream}`, { station: PREDICTION, stream });
  return places;
}

export interface TapPlaces {
  /** Where each checked tensor of the folder is read. */
  readonly of: ReadonlyMap<string, Place>;
  /** Their stations in the order of the line. */
  readonly trunk: readonly string[];
}

export function tapPlaces(golden: Golden, blocks: number): TapPlaces {
  const known = knownPlaces(blocks);
  const names = [...golden.tensors.keys()].filter((name) => !name.startsWith('in.'));
  const of = new Map<string, Place>();
  for (const name of ['out.video', 'out.audio', ...names]) {
    const place = known.get(name);
    if (!place) throw unknownTap(golden, name, blocks);
    of.set(name, place);
  }
  const asked = new Set([...of.values()].map(({ station }) => station));
  const parts = [
    'block_in',
    ...Object.values(MODULES.video).flatMap((m) => [`${m}_in`, `${m}_out`]),
    'block_out',
  ];
  const line = Array.from({ length: blocks }, (_, i) => parts.map((part) => `blocks.${i}.${part}`)).flat();
  return { of, trunk: line.filter((station) => asked.has(station)) };
}

function unknownTap({ folder }: Golden, name: string, blocks: number): SkipstoneError {
  return new SkipstoneError({
    code: 'verify-tensor',
    what: `${folder}: a tensor of the case is not one that an LTX-2 forward has`,
    have: name,
    need: [...knownPlaces(1).keys()].join(', ').replaceAll('blocks.0', `blocks.<0 to ${blocks - 1}>`),
    do: 'correct the name in the case',
  });
}
