import type { WeightSource } from '../graph/weights.js';
import type { Tell } from '../loop/step/events.js';
import { bytes } from '../plan/explain.js';
import { type BlockForm, blockForm, matrixForm, quantisedBits } from '../quantise/form.js';
import { type QuantisedWeights, quantisedWeights } from '../quantise/sidecar.js';
import { assertQuantised } from '../session/quantised-trial.js';
import { type GenerationRequest, planGeneration, weightsOf } from './plan-generation.js';
import type { VideoModel, VideoModelPhase } from './video-model.js';

/**
 * The weights of each phase in 8 or 4 bits, from sidecar files that are made where they are missing;
 * `undefined` where the checkpoint's own serve. What cannot run is refused first: a device that computes
 * such weights wrongly, a plan that does not hold. Says in notes which files it makes and uses.
 */
export async function quantisedPhases(
  model: VideoModel,
  request: GenerationRequest,
  tell: Tell,
  signal?: AbortSignal,
): Promise<readonly WeightSource[] | undefined> {
  const { options } = request;
  const bits = quantisedBits(options.precision);
  if (bits === undefined) return undefined;
  const form = blockForm(bits);
  const place = { device: options.device ?? 'cpu', weights: weightsOf(model, options) };
  for (const clock of [false, true]) await assertQuantised({ ...place, ...matrixForm(form, { clock }) });
  planGeneration(model, request);
  const sources: WeightSource[] = [];
  for (const phase of model.phases) {
    sources.push((await quantisedPhase(phase, form, tell, signal)).weights);
  }
  return sources;
}

async function quantisedPhase(
  { name, model }: VideoModelPhase,
  form: BlockForm,
  tell: Tell,
  signal: AbortSignal | undefined,
): Promise<QuantisedWeights> {
  await model.weights.conversion?.make((text) => tell({ type: 'note', text: `${name}: ${text}` }), signal);
  const found = await quantisedWeights(model, {
    ...form,
    onProgress: ({ doneBytes, fileBytes, file }) => {
      if (doneBytes > 0) return;
      const text = `${name}: making ${form.bits}-bit weights, ${bytes(fileBytes)}, in ${file}`;
      tell({ type: 'note', text });
    },
    ...(signal ? { signal } : {}),
  });
  const how = found.made ? 'made now' : 'made earlier';
  const text = `${name}: ${form.bits}-bit weights, ${bytes(found.bytes)}, ${how}: ${found.file}`;
  tell({ type: 'note', text });
  return found;
}
