import type { VideoModel } from './video-model.js';

/** Lengths of the named axes of a model's conditions (`S` tokens of text), each as `of` says it of an axis of a port. */
export function axisLengths(
  { phases }: VideoModel,
  of: (port: string, axis: number) => number,
): Readonly<Record<string, number>> {
  const lengths: Record<string, number> = {};
  for (const [port, { shape }] of Object.entries(phases[0]?.model.spec.conditions ?? {})) {
    shape.forEach((dim, axis) => {
      if (typeof dim === 'string') lengths[dim] = of(port, axis);
    });
  }
  return lengths;
}
