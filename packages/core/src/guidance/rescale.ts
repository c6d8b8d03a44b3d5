import { streamOf } from '../kernel/stream.js';
import type { CombineCall } from '../spec/guidance.js';
import type { Streams } from '../spec/tensor.js';
import { eachStream, type PerStream, perStream } from './per-stream.js';

/**
 * Takes the spread of the guided clean prediction part of the way back to the leader's, per stream:
 *   c = x − σ·lead, x̂ = x − σ·guided, f = ρ·std(c)/std(x̂) + 1 − ρ, result (x − f·x̂)/σ = (1 − f)/σ·x + f·guided
 * std is unbiased, over all tokens and values of the stream.
 *
 * Source: LTX-2's guidance rescale (diffusers, models.md F.4). Golden: `run-ltx2-3`.
 */
export async function rescaled(
  { latents, sigma, kernels }: CombineCall,
  lead: Streams,
  guided: Streams,
  rho: PerStream,
): Promise<Streams> {
  const clean = (velocity: Streams): Streams =>
    kernels.scaledAdd([
      { scale: 1, of: latents },
      { scale: -sigma, of: velocity },
    ]);
  const [ofLead, ofGuided] = await Promise.all([kernels.std(clean(lead)), kernels.std(clean(guided))]);
  return eachStream(kernels, guided, (stream) => {
    const have = streamOf('rescale', ofGuided, stream);
    // A prediction without any spread has nothing to scale.
    const ratio = have === 0 ? 1 : streamOf('rescale', ofLead, stream) / have;
    const toward = perStream('rescale', rho, stream);
    const factor = toward * ratio + 1 - toward;
    return [
      { scale: (1 - factor) / sigma, of: latents },
      { scale: factor, of: guided },
    ];
  });
}
