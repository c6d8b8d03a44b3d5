import type { HostTensor } from '@skipstone/core';
import {
  type Checked,
  compare,
  floatInput,
  GOLDEN_THREADS,
  type Golden,
  type Numbers,
  parseFields,
  sample,
  stacked,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { joined } from '../frames.js';
import { codecOf } from '../open-codec.js';

const CPU = { device: 'cpu', threads: GOLDEN_THREADS } as const;

/** Video autoencoders, decoding and encoding, frame by frame. Latents of these cases are not normalised. */
export const autoencoderVerifier: Verifier = {
  name: 'video autoencoders: Wan, LTX-2',
  kind: 'autoencoder',
  accepts: ({ config }) => /^AutoencoderKL(?:Wan|LTX2Video)$/.test(String(config._class_name)),
  verify,
};

async function* verify(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const codec = await codecOf(golden.config, `${golden.folder}/config.json`, await golden.model());
  const videos = await each(golden, 'in.latents', async (latents) => {
    const frames: HostTensor[] = [];
    for await (const chunk of codec.decode(codec.normalised(latents), CPU)) frames.push(chunk);
    return joined(frames);
  });
  yield compare('out.video', videos, await golden.reference('out.video'));
  const latents = await each(golden, 'in.video', async (video) => (await codec.posterior(video, CPU)).mean);
  yield compare('out.latents_mode', latents, await golden.reference('out.latents_mode'));
}

async function each(
  golden: Golden,
  name: string,
  work: (one: HostTensor) => Promise<HostTensor>,
): Promise<Numbers> {
  const batch = await floatInput(golden, name, 5);
  const made: HostTensor[] = [];
  for (let i = 0; i < (batch.shape[0] ?? 0); i++) made.push(await work(sample(batch, i)));
  return stacked(made);
}
