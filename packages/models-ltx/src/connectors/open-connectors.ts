import {
  type Checkpoint,
  type HostTensor,
  type OpenModel,
  openModel,
  type PlanSettings,
  predict,
  readTensor,
  SkipstoneError,
} from '@skipstone/core';
import { type Both, both, type StreamName } from '../block.js';
import { NOT_OF_CONNECTORS } from '../keys.js';
import type { ConnectorsConfig } from './connectors-config.js';
import { connectorsPass, REGISTERS } from './connectors-pass.js';
import { normStates } from './norm-states.js';

/** A prompt as the text encoder leaves it. */
export interface PromptStates {
  /** All hidden states stacked on the last axis, `[S, width·layers]` float32. */
  readonly states: HostTensor;
  /** True for the prompt's tokens, false for padding, wherever it stands. */
  readonly mask: readonly boolean[];
}

export interface ConnectorRun {
  readonly settings: PlanSettings;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** The text connectors of an LTX-2 pipeline. */
export interface TextConnectors {
  readonly model: OpenModel;
  /** The ports that the transformer reads, `[S, width]` each. */
  encode(
    prompt: PromptStates,
    run: ConnectorRun,
  ): Promise<Readonly<Record<'text' | 'audio_text', HostTensor>>>;
}

/** Text connectors on a checkpoint under diffusers' names, which may hold other parts of a release too. */
export function textConnectors(
  config: ConnectorsConfig,
  checkpoint: Checkpoint,
  name: string,
): TextConnectors {
  const model = openModel(connectorsPass(config, name), checkpoint, {
    ignore: [...Object.values(REGISTERS), NOT_OF_CONNECTORS],
  });
  return {
    model,
    encode: async ({ states, mask }, run) => {
      const kept = normStates(states, mask, config);
      const [tokens = 0] = kept.shape;
      const rows = mask.length;
      const latents = {
        video: await startRows(config, checkpoint, 'video', tokens, rows),
        audio: await startRows(config, checkpoint, 'audio', tokens, rows),
      };
      const { video, audio } = await predict({
        ...{ model, latents, conditions: { states: kept }, ...run },
        grid: { frames: rows, height: 1, width: 1 },
        lengths: { V: tokens },
        given: { tables: placesOf(tokens, rows) },
      });
      if (!video || !audio) throw new TypeError('connectors predict both streams');
      return { text: video, audio_text: audio };
    },
  };
}

/** Tokens of the prompt first; rows s after them begin as register s mod R. */
async function startRows(
  config: ConnectorsConfig,
  checkpoint: Checkpoint,
  stream: StreamName,
  tokens: number,
  rows: number,
): Promise<HostTensor> {
  const { registers, width } = config[stream];
  if (rows % registers !== 0) throw unevenRows(rows, registers);
  const entry = checkpoint.tensors.get(REGISTERS[stream]);
  const shape = entry?.shape.join();
  if (!entry || shape !== [registers, width].join()) throw noRegisters(stream, shape, [registers, width]);
  const learned = (await readTensor(entry)).data as Float32Array;
  const data = new Float32Array(rows * width);
  for (let row = tokens; row < rows; row++) {
    const from = (row % registers) * width;
    data.set(learned.subarray(from, from + width), row * width);
  }
  return { type: 'float32', shape: [rows, width], data };
}

/** Which token comes to each row, and which rows none comes to. */
function placesOf(tokens: number, rows: number): Readonly<Record<string, HostTensor>> {
  const ids = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row < tokens ? row : 0));
  const filled = new Float32Array(rows).fill(1, 0, tokens);
  const tables = both(
    (s): Readonly<Record<string, HostTensor>> => ({
      [`${s}.token`]: { type: 'int64', shape: [rows, 1], data: ids },
      [`${s}.filled`]: { type: 'float32', shape: [rows, 1], data: filled },
    }),
  ) satisfies Both<unknown>;
  return { ...tables.video, ...tables.audio };
}

function unevenRows(rows: number, registers: number): SkipstoneError {
  return new SkipstoneError({
    code: 'ltx-text',
    what: 'LTX-2: the length of a prompt does not fit its connectors',
    have: `${rows} positions`,
    need: `a multiple of ${registers}, the number of registers`,
    do: 'pad the prompt to 1024 tokens',
  });
}

function noRegisters(stream: string, have: string | undefined, need: readonly number[]): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-shape',
    what: `LTX-2: the registers of ${stream} are not what the configuration says`,
    have: have === undefined ? 'no such tensor' : `[${have}]`,
    need: `[${need.join(', ')}]`,
    do: 'check that the configuration belongs to this checkpoint',
  });
}
