import { cfg } from '../../guidance/cfg.js';
import type { Plugin } from '../../spec/plugin.js';
import { runOn, type Subject, type SubjectRun } from '../subject.js';
import { toySubject } from '../toy/subject.js';

/** One phase of the toy under plain guidance: the smallest run there is. */
export const two: Subject = { ...(await toySubject(1)), guidance: cfg({ scale: 4 }) };

/** Three steps of it. */
export const run = (
  plugins: readonly Plugin[],
  more: SubjectRun = {},
  request: Parameters<typeof runOn>[2] = {},
) => runOn(two, { steps: 3, plugins, ...more }, request);
