import { quantisedWeights, type SidecarProgress } from '@skipstone/core';
import { EXIT } from '../exit.js';
import { failed } from '../exit-code.js';
import { openVideoModel } from '../model/open-model.js';
import { readChoice } from '../options/read-value.js';
import { interruption } from '../process-end.js';
import { size } from './size.js';
import type { WeightsFlags } from './weights-flags.js';

/**
 * Makes the sidecar files of a model in a folder, or finds them there. Names of files go to standard output,
 * the rest to standard error; Ctrl-C leaves nothing behind.
 */
export async function makeSidecars(folder: string, flags: WeightsFlags): Promise<number> {
  const bits = readChoice('--bits', flags.bits ?? '8', ['8', '4']) === '8' ? 8 : 4;
  const model = await openVideoModel({
    folder: flags.model,
    adapter: flags.adapter,
    options: flags.variant === undefined ? {} : { variant: flags.variant },
  });
  let begun = false;
  const { signal, release } = interruption(() => say('stopping: nothing half-made is kept'));
  try {
    for (const phase of model.phases) {
      const began = performance.now();
      const label = model.phases.length > 1 ? `${model.name}, ${phase.name}` : model.name;
      const told = tenths(label);
      const onProgress = (progress: SidecarProgress): void => {
        begun = true;
        told(progress);
      };
      const { file, bytes, made } = await quantisedWeights(phase.model, { bits, folder, signal, onProgress });
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      say(`${label}: ${bits}-bit, ${size(bytes)}, ${made ? `made in ${seconds} s` : 'was there'}`);
      process.stdout.write(`${file}\n`);
    }
    return EXIT.ok;
  } catch (error) {
    if (!signal.aborted) throw begun ? failed(error) : error;
    return EXIT.aborted;
  } finally {
    release();
  }
}

const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** A line for every tenth of the work. */
function tenths(label: string): (progress: SidecarProgress) => void {
  let next = 0;
  return ({ doneBytes, totalBytes, fileBytes }) => {
    if (doneBytes === 0) say(`${label}: making ${size(fileBytes)}`);
    const share = Math.floor((10 * doneBytes) / totalBytes);
    if (share <= next) return;
    next = share;
    say(`${label}: ${10 * share} %`);
  };
}
