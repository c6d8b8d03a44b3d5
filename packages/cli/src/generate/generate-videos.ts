import { assertSameRun, type Plugin, readSavedRun, selfTest, type VideoModel } from '@skipstone/core';
import { EXIT } from '../exit.js';
import { readEmbeds } from '../files/embeds.js';
import { readLedger } from '../files/ledger.js';
import { readNoise } from '../files/noise.js';
import { openVideoModel } from '../model/open-model.js';
import { gridOf } from '../model/grid-of.js';
import type { Typed } from '../options/flags.js';
import { readSettings, type Settings } from '../options/settings.js';
import { loadPlugins } from '../plugins/load-plugins.js';
import { checkJob } from './check-job.js';
import { identityOf } from './identity.js';
import { interruption } from './interruption.js';
import { type Outputs, outputsOf, prepareOutputs } from './outputs.js';
import { progress, silence } from './progress.js';
import { stopped } from './stopped.js';
import { type TimeSheet, timeSheet, timeTable } from './time-sheet.js';
import { makeVideo, type VideoJob } from './video.js';

/** `skipstone generate`: refuses first whatever can be refused, then makes one video after the other. */
export async function generateVideos(prompt: string | undefined, typed: Typed): Promise<number> {
  const settings = await readSettings(prompt, typed);
  const say = (text: string): void => {
    if (!settings.quiet) process.stderr.write(`${text}\n`);
  };
  const interrupt = interruption(say);
  const { signal } = interrupt;
  let going: VideoJob | undefined;
  try {
    const first = timeSheet();
    const { model, plugins } = await prepare(settings, first);
    const all = outputsOf(settings, model);
    await prepareOutputs(all, settings);
    for (const [i, outputs] of all.entries()) {
      signal.throwIfAborted();
      const sheet = i === 0 ? first : timeSheet();
      const label = all.length > 1 ? `${i + 1} of ${all.length}  ` : '';
      const shown = settings.quiet ? silence : progress(process.stderr, label);
      const read = await readFiles(settings, model, outputs);
      going = { ...read, model, plugins, outputs, signal, sheet, progress: shown, state: { done: 0, saved: 0 } };
      const { files, remarks } = await makeVideo(going);
      say(`${label}${timeTable(sheet, remarks).trimStart()}`);
      process.stdout.write(files.map((file) => `${file}\n`).join(''));
      going = undefined;
    }
    return EXIT.ok;
  } catch (error) {
    const hint = stopped(going, settings, process.argv.slice(2), signal.aborted);
    if (!signal.aborted) {
      if (going && going.state.saved > 0) say(hint);
      throw error;
    }
    process.stderr.write(`${hint}\n`);
    return EXIT.aborted;
  } finally {
    interrupt.release();
  }
}
