import {
  type ChainPlan,
  type ChainSettings,
  type Checkpoint,
  type HostTensor,
  type OpenChain,
  openChain,
  planChain,
  type RunChainOptions,
  runChain,
} from '@skipstone/core';
import { generate } from './generator.js';
import { longer } from './longer.js';
import { type VocoderConfig, vocoderConfig } from './vocoder-config.js';

export type SoundOptions = ChainSettings & Omit<RunChainOptions, 'watch'>;

/** Sound: one row of samples a channel, −1 to 1. */
export interface Sound {
  /** Samples a second. */
  readonly rate: number;
  /** `[channels, samples]`. */
  readonly samples: HostTensor;
}

export interface Vocoder {
  readonly rate: number;
  /** What its chains take for a spectrogram `[channels, moments, bins]`. */
  plan(mel: readonly number[], settings: ChainSettings): readonly ChainPlan[];
  run(mel: HostTensor, options: SoundOptions): Promise<Sound>;
}

/** A vocoder on its weights. */
export function vocoder(json: unknown, origin: string, checkpoint: Checkpoint): Vocoder {
  const config = vocoderConfig(json, origin);
  const { first, wider } = config;
  const at = wider ? 'vocoder.' : '';
  const opened = openChain(
    {
      name: 'vocoder',
      least: [1, first.in, 4],
      spans: [{ name: 'generator', emit: (g, x) => generate(g, at, x, first) }],
    },
    checkpoint,
    { ignore: wider ? [/^bwe_generator\./, /^mel_stft\./, /^resampler\./] : [] },
  );
  const widening = wider && openWidening(config, checkpoint);
  const plan = (
    [channels = 1, moments = 1, bins = 1]: readonly number[],
    settings: ChainSettings,
  ): ChainPlan => planChain(opened, [1, channels * bins, moments], settings);
  const samplesOf = (length: number, hop: number): number => Math.ceil(length / hop) * hop;
  const plans: Vocoder['plan'] = (mel, settings) => {
    const sound = plan(mel, settings);
    if (!widening || !wider) return [sound];
    const [, channels = 1, length = 1] = sound.output;
    return [sound, planChain(widening, [channels, 1, samplesOf(length, wider.hop)], settings)];
  };
  return {
    rate: wider?.rate ?? config.rate,
    plan: plans,
    run: async (mel, { device, memoryBytes, ...run }) => {
      const settings = { device, memoryBytes };
      const [sound, wide] = plans(mel.shape, settings);
      if (!sound) throw new TypeError('a vocoder has a generator');
      const made = await runChain(sound, { ...pitchFirst(mel), shape: sound.input }, run);
      const [, channels = 1, length = 1] = made.shape;
      const plain = { ...made, shape: [channels, length] };
      if (!wide || !wider) return { rate: config.rate, samples: plain };
      const whole = padded(plain, samplesOf(length, wider.hop));
      const added = await runChain(wide, { ...whole, shape: wide.input }, run);
      const ratio = wider.rate / config.rate;
      const skip = longer(whole, ratio);
      return { rate: wider.rate, samples: sumOf(added, skip, length * ratio) };
    },
  };
}

/** Sound `[channels, 1, samples]` to what is added to it at a higher rate, `[1, channels, ratio·samples]`. */
function openWidening({ wider }: VocoderConfig, checkpoint: Checkpoint): OpenChain {
  if (!wider) throw new TypeError('it has a second generator');
  const { filter, hop, window, bins, generator } = wider;
  const rows = Math.floor(filter / 2) + 1;
  return openChain(
    {
      name: 'vocoder, wider',
      least: [generator.out, 1, 4 * hop],
      spans: [
        {
          name: 'generator',
          emit: (g, x) => {
            const [channels = 1] = x.shape.map(Number);
            const weight = g.weight('mel_stft.stft_fn.forward_basis', [2 * rows, 1, filter]);
            // Only what came before: zeros on the left.
            const padding = [[Math.max(0, window - hop), 0] as const];
            const waves = g.conv('spectrum', x, { weight, padding, stride: [hop] });
            const [, , moments = 1] = waves.shape.map(Number);
            const [real, imaginary] = [0, 1].map((i) => {
              const part = g.slice(`spectrum.${i}`, waves, { axis: 1, from: i * rows, to: (i + 1) * rows });
              return g.mul(`spectrum.square.${i}`, part, part);
            });
            if (!real || !imaginary) throw new TypeError('a wave has two parts');
            const size = g.sqrt('spectrum.size', g.add('spectrum.power', real, imaginary));
            const mel = g.matmul('mel', g.weight('mel_stft.mel_basis', [bins, rows]), size);
            const log = g.log('mel.log', g.clamp('mel.least', mel, 1e-5, Number.POSITIVE_INFINITY));
            const flat = g.reshape('mel.flat', log, [1, channels * bins, moments]);
            return generate(g, 'bwe_generator.', flat, generator);
          },
        },
      ],
    },
    checkpoint,
    { ignore: [/^vocoder\./, 'mel_stft.stft_fn.inverse_basis', /^resampler\./] },
  );
}

/** `[channels, moments, bins]` as `[channels·bins, moments]`. */
function pitchFirst({ shape: [channels = 1, moments = 1, bins = 1], data }: HostTensor): HostTensor {
  const turned = Float32Array.from({ length: data.length }, (_, i) => {
    const [row, t] = [Math.floor(i / moments), i % moments];
    const [c, bin] = [Math.floor(row / bins), row % bins];
    return Number(data[(c * moments + t) * bins + bin]);
  });
  return { type: 'float32', shape: [channels * bins, moments], data: turned };
}

function padded({ shape: [channels = 1, length = 0], data }: HostTensor, to: number): HostTensor {
  const whole = new Float32Array(channels * to);
  for (let c = 0; c < channels; c++) {
    whole.set((data as Float32Array).subarray(c * length, (c + 1) * length), c * to);
  }
  return { type: 'float32', shape: [channels, to], data: whole };
}

/** The sum of two sounds within −1 to 1, cut to a length. */
function sumOf(a: HostTensor, b: HostTensor, length: number): HostTensor {
  const [channels = 1, long = 1] = b.shape;
  const data = Float32Array.from({ length: channels * length }, (_, i) => {
    const at = Math.floor(i / length) * long + (i % length);
    return Math.min(1, Math.max(-1, Number(a.data[at]) + Number(b.data[at])));
  });
  return { type: 'float32', shape: [channels, length], data };
}
