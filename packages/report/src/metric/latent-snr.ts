import { type HostTensor, SkipstoneError, type Streams } from '@skipstone/core';

/**
 * Signal-to-noise ratio of latents in dB, by stream: 10·log10(Σb² / Σ(a − b)²), b being the reference. For models
 * whose decoder is not at hand. `Infinity` for equal latents. Throws a `SkipstoneError` where shapes differ.
 */
export function latentSnr(a: Streams<HostTensor>, b: Streams<HostTensor>): Streams<number> {
  return Object.fromEntries(
    Object.entries(b).map(([stream, reference]) => {
      const own = a[stream];
      if (own?.shape.join() !== reference.shape.join()) throw otherShape(stream, own, reference);
      let [signal, noise] = [0, 0];
      for (let i = 0; i < reference.data.length; i++) {
        const value = Number(reference.data[i]);
        signal += value ** 2;
        noise += (Number(own.data[i]) - value) ** 2;
      }
      return [stream, 10 * Math.log10(signal / noise)];
    }),
  );
}

function otherShape(stream: string, own: HostTensor | undefined, reference: HostTensor): SkipstoneError {
  return new SkipstoneError({
    code: 'latents-size',
    what: `latentSnr: latents of ${stream} cannot be compared`,
    have: own ? `[${own.shape.join(', ')}]` : 'none',
    need: `[${reference.shape.join(', ')}]`,
    do: 'compare runs of one model and one size',
  });
}
