import type { DenoiseRequest } from '@skipstone/core';
import { planOn, type Subject, type SubjectRun } from '@skipstone/core/testing';
import { THREADS } from './machine.js';

/** What `denoise` takes to run a subject. */
export function runRequest(subject: Subject, run: SubjectRun): DenoiseRequest {
  const { grid, conditions } = subject;
  const [model] = subject.models;
  if (!model) throw new TypeError(`${subject.name} has no model`);
  const latents = model.spec.patchify(subject.latents, grid);
  return { plan: planOn(subject, run), latents, conditions, threads: THREADS };
}
