import { renamed, SkipstoneError } from '@skipstone/core';
import {
  type Checked,
  compare,
  GOLDEN_THREADS,
  type Golden,
  goldenSettings,
  parseFields,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { connectorsConfig } from '../connectors/connectors-config.js';
import { textConnectors } from '../connectors/open-connectors.js';
import { diffusersName } from '../keys.js';
import { rowsInput } from './golden-ltx.js';

/** Text connectors of LTX-2: what they make of stacked hidden states. */
export const connectorsVerifier: Verifier = {
  name: 'LTX-2, text connectors',
  kind: 'connectors',
  accepts: ({ config }) => config._class_name === 'LTX2TextConnectors',
  verify: verifyConnectors,
};

async function* verifyConnectors(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const config = connectorsConfig(golden.config, `${golden.folder}/config.json`);
  const connectors = textConnectors(config, renamed(await golden.model(), diffusersName), 'golden');
  const states = await rowsInput(golden, 'in.hidden_states');
  const { data } = await golden.input('in.mask');
  const mask = Array.from(data, Number).map((flag) => flag === 1);
  if (mask.length !== states.shape[0]) throw unequal(golden, mask.length, states.shape[0] ?? 0);
  const settings = await goldenSettings();
  const { text, audio_text: audio } = await connectors.encode(
    { states, mask },
    { settings, threads: GOLDEN_THREADS },
  );
  for (const [name, value] of [
    ['out.video', text],
    ['out.audio', audio],
  ] as const) {
    const got = { shape: [1, ...value.shape], data: value.data as Float32Array };
    yield compare(name, got, await golden.reference(name));
  }
}

function unequal({ folder }: Golden, have: number, need: number): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-tensors',
    what: `${folder}: in.mask and in.hidden_states are of different lengths`,
    have: `${have} flags`,
    need: `${need}`,
    do: 'record the case again',
  });
}
