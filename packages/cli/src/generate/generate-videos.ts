import { selfTest } from '@skipstone/core';
import { assertDevice } from '../doctor/try-device.js';
import { EXIT } from '../exit.js';
import { failed } from '../exit-code.js';
import { prepareOutputs } from '../files/prepare-outputs.js';
import { preparedModel } from '../model/prepared-model.js';
import type { Typed } from '../options/flags.js';
import { readSettings, type Settings } from '../options/settings.js';
import { interruption } from '../process-end.js';
import { readProxies } from '../report/read-proxies.js';
import { checkJob, checkReference } from './check-job.js';
import { identityOf } from './identity.js';
import { openRun } from './open-run.js';
import { filesOf, outputsOf } from './outputs.js';
import { progress, silence } from './progress.js';
import { stopped } from './stopped.js';
import { type TimeSheet, timeSheet, timeTable } from './time-sheet.js';
import { makeVideo } from './video.js';
import { readInputs, type VideoJob } from './video-job.js';

/** `skipstone generate`: refuses first whatever can be refused, then makes one video after the other. */
export async function generateVideos(prompt: string | undefined, typed: Typed): Promise<number> {
  const settings = await readSettings(prompt, typed);
  const say = (text: string): void => {
    if (!settings.quiet) process.stderr.write(`${text}\n`);
  };
  let going: VideoJob | undefined;
  let code: number = EXIT.ok;
  const { signal, release } = interruption((text) => (going ? going.progress.note(text) : say(text)));
  try {
    for await (const job of jobs(settings, signal, say)) {
      going = job;
      const { files, whole, remarks, summary } = await makeVideo(job);
      say(timeTable(job.sheet, remarks));
      if (summary !== undefined) say(summary);
      process.stdout.write(files.map((file) => `${file}\n`).join(''));
      if (!whole) code = EXIT.failure;
      // The next video would find no place either.
      if (files.length === 0) break;
    }
    return code;
  } catch (error) {
    if (going && (signal.aborted || going.state.saved > 0)) {
      process.stderr.write(`${stopped(going, process.argv.slice(2))}\n`);
    }
    if (!signal.aborted) throw going?.state.begun ? failed(error) : error;
    return EXIT.aborted;
  } finally {
    release();
  }
}

/** One job a video. What all share is done once, and counts as time of the first. */
async function* jobs(asked: Settings, signal: AbortSignal, say: Say): AsyncIterable<VideoJob> {
  let sheet = timeSheet();
  sheet.enter('open');
  const { model, plugins, presets, second, settings, notes, inputs: read } = await openRun(asked);
  checkJob(settings, model);
  checkReference(settings, plugins);
  for (const note of notes) say(`note: ${note}`);
  const all = outputsOf(settings, model);
  await prepareOutputs(filesOf(all), read);
  const noted = new Set<string>();
  for (const [i, outputs] of all.entries()) {
    signal.throwIfAborted();
    const identity = await identityOf(settings, model, { seed: outputs.seed, presets, second });
    const { width, height, frames } = { ...model.defaults, ...definedOf(settings.options) };
    const { model: ready, given } = await preparedModel(model, settings.files, {
      ...{ size: { width, height, frames }, seed: outputs.seed, signal },
    });
    const inputs = { ...(await readInputs(settings, model, identity)), ...(given && { given }) };
    const proxies = await readProxies(settings, outputs.seed);
    if (i === 0) await testOperators(settings, sheet);
    const label = all.length > 1 ? `video ${i + 1} of ${all.length}  ` : 'denoise  ';
    const shown = settings.quiet ? silence : progress(process.stderr, label);
    const state = { begun: i > 0, done: 0, saved: 0, unsaved: false };
    sheet.enter('plan');
    yield {
      settings,
      model: ready,
      second,
      plugins,
      inputs,
      identity,
      proxies,
      outputs,
      signal,
      sheet,
      progress: shown,
      state,
      noted,
    };
    sheet = timeSheet();
  }
}

/** The size that is asked for, without what is left to the model. */
const definedOf = ({ width, height, frames }: Settings['options']) => ({
  ...(width !== undefined && { width }),
  ...(height !== undefined && { height }),
  ...(frames !== undefined && { frames }),
});

type Say = (text: string) => void;

/** `generate` would do this itself, and does not repeat it; here it gets a line of its own in the time table. */
async function testOperators({ options }: Settings, sheet: TimeSheet): Promise<void> {
  sheet.enter('self-test');
  await assertDevice(options.device);
  await selfTest(options.device ?? 'cpu', options.precision === 'fp16' ? 'float16' : 'float32');
}
