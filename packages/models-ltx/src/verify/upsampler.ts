import { denormalised, openChain, planChain, runChain } from '@skipstone/core';
import {
  type Checked,
  compare,
  type Floats,
  floatInput,
  floatsOf,
  GOLDEN_THREADS,
  type Golden,
  type Numbers,
  parseFields,
  sample,
  type Verifier,
} from '@skipstone/golden';
import { z } from 'zod';
import { toned } from '../upsampler/toning.js';
import { BLUR, upsamplerModules } from '../upsampler/upsampler-chain.js';
import { upsamplerConfig } from '../upsampler/upsampler-config.js';
import { unsupported } from './golden-ltx.js';

/** Latent upsamplers of LTX-2, module by module, and what may be done to latents around them. */
export const upsamplerVerifier: Verifier = {
  name: 'LTX-2, latent upsampler',
  kind: 'upsampler',
  accepts: ({ config }) => config._class_name === 'LTX2LatentUpsamplerModel',
  verify: verifyUpsampler,
};

async function* verifyUpsampler(golden: Golden): AsyncGenerator<Checked> {
  parseFields(golden, z.strictObject({}));
  const latents = await latentsOf(golden);
  const modules = await run(golden, latents);
  const made = modules.get('final_conv');
  for (const name of golden.tensors.keys()) {
    if (name.startsWith('in.')) continue;
    const [, filter = '', by] = /^out\.(adain|tone_map)\.(.+)$/.exec(name) ?? [];
    const toning = filter === 'adain' ? { adain: Number(by) } : { toneMap: Number(by) };
    const got =
      name === 'out.denormalised'
        ? floatsOf(denormalised(latents, await statistics(golden)))
        : filter === ''
          ? modules.get(name === 'out.latents' ? 'final_conv' : name.replace(/^tap\./, ''))
          : made && floatsOf(toned(made, latents, toning));
    const want = await golden.reference(name);
    yield compare(name, got && want && inLayout(got, want), want);
  }
}

/** Every module a session of its own: what each makes, `[C, T, h, w]`, by name. */
async function run(golden: Golden, latents: Floats): Promise<ReadonlyMap<string, Floats>> {
  const config = upsamplerConfig(golden.config, `${golden.folder}/config.json`);
  const modules = upsamplerModules(config).flatMap(([, own]) => own);
  const blurs = (config.spatial?.[1] ?? 1) > 1;
  const spec = {
    ...{ name: 'golden', least: [1, config.channels, 2, 4, 4] },
    spans: modules.map(([name, emit]) => ({ name, emit })),
  };
  const chain = openChain(spec, await golden.model(), { ignore: blurs ? [] : [BLUR] });
  const plan = planChain(chain, [1, ...latents.shape], { device: 'cpu' });
  const made = new Map<string, Floats>();
  const input = { ...latents, shape: plan.input };
  await runChain(plan, input, {
    threads: GOLDEN_THREADS,
    watch: (name, { shape, data }) => {
      if (data instanceof Float32Array) made.set(name, { type: 'float32', shape: shape.slice(1), data });
    },
  });
  return made;
}

async function latentsOf(golden: Golden): Promise<Floats> {
  const batch = await floatInput(golden, 'in.latents', 5);
  if (batch.shape[0] !== 1) throw unsupported(golden, `a batch of ${batch.shape[0]}`, 'one sample');
  return sample(batch, 0);
}

async function statistics(golden: Golden) {
  const [mean, spread] = await Promise.all(
    ['in.latents_mean', 'in.latents_std'].map((name) => floatInput(golden, name, 1)),
  );
  if (!mean || !spread) throw new RangeError('two tensors were asked for');
  return { mean: mean.data, spread: spread.data };
}

/** `[C, T, h, w]` as the reference has it: `[1, C, T, h, w]`, or frames as a batch, `[T, C, h, w]`. */
function inLayout({ shape, data }: Numbers, want: Numbers): Numbers {
  if (want.shape.length === 5) return { shape: [1, ...shape], data };
  const [channels = 1, frames = 1, ...sides] = shape;
  const size = data.length / channels / frames;
  const swapped = Array.from({ length: data.length }, (_, i) => {
    const [t, c, at] = [Math.floor(i / size / channels), Math.floor(i / size) % channels, i % size];
    return data[(c * frames + t) * size + at] ?? Number.NaN;
  });
  return { shape: [frames, channels, ...sides], data: swapped };
}
