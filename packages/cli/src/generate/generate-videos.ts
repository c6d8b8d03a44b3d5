import { type Plugin, selfTest, type VideoModel } from '@skipstone/core';
import { EXIT } from '../exit.js';
import { openVideoModel } from '../model/open-model.js';
import { type OpenStages, openStages } from '../model/open-stages.js';
import type { Typed } from '../options/flags.js';
import { readSettings, type Settings } from '../options/settings.js';
import { loadPlugins } from '../plugins/load-plugins.js';
import { readProxies } from '../report/read-proxies.js';
import { checkJob, checkReference } from './check-job.js';
import { identityOf } from './identity.js';
import { interruption } from './interruption.js';
import { outputsOf, prepareOutputs } from './outputs.js';
import { policyPlugins } from './policy-plugins.js';
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
  const { signal, release } = interruption((text) => (going ? going.progress.note(text) : say(text)));
  try {
    for await (const job of jobs(settings, signal, say)) {
      going = job;
      const { files, remarks, summary } = await makeVideo(job);
      say(timeTable(job.sheet, remarks));
      if (summary !== undefined) say(summary);
      process.stdout.write(files.map((file) => `${file}\n`).join(''));
      going = undefined;
    }
    return EXIT.ok;
  } catch (error) {
    if (going && (signal.aborted || going.state.saved > 0)) {
      process.stderr.write(`${stopped(going, process.argv.slice(2))}\n`);
    }
    if (!signal.aborted) throw error;
    return EXIT.aborted;
  } finally {
    release();
  }
}

/** One job a video. What all share is done once, and counts as time of the first. */
async function* jobs(asked: Settings, signal: AbortSignal, say: Say): AsyncIterable<VideoJob> {
  let sheet = timeSheet();
  const { model, plugins, presets, second, settings } = await open(asked, sheet, say);
  const all = outputsOf(settings, model);
  await prepareOutputs(all, settings);
  for (const [i, outputs] of all.entries()) {
    signal.throwIfAborted();
    const identity = await identityOf(settings, model, { seed: outputs.seed, presets, second });
    const inputs = await readInputs(settings, model, identity);
    const proxies = await readProxies(settings, outputs.seed);
    await testOperators(settings, i === 0 ? sheet : undefined);
    const label = all.length > 1 ? `video ${i + 1} of ${all.length}  ` : 'denoise  ';
    const shown = settings.quiet ? silence : progress(process.stderr, label);
    const state = { done: 0, saved: 0 };
    sheet.enter('plan');
    yield {
      settings,
      model,
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
    };
    sheet = timeSheet();
  }
}

type Say = (text: string) => void;

interface Opened {
  /** Of the first stage, where there are two. */
  readonly settings: Settings;
  readonly second: OpenStages | undefined;
  readonly model: VideoModel;
  readonly plugins: readonly Plugin[];
  /** Options of plugins that came from the model's presets. */
  readonly presets: readonly string[];
}

async function open(asked: Settings, sheet: TimeSheet, say: Say): Promise<Opened> {
  sheet.enter('open');
  const { settings = asked, second } = (await openStages(asked)) ?? {};
  const model = second ? second.stages.first : await openVideoModel(settings.model);
  const given = await loadPlugins(settings.plugins, model.presets);
  checkJob(settings, model);
  const policy = await policyPlugins(settings, model, given.plugins);
  const plugins = [...given.plugins, ...policy.plugins];
  checkReference(settings, plugins);
  for (const note of [...given.notes, ...policy.notes]) say(`note: ${note}`);
  return { model, plugins, presets: given.notes, second, settings };
}

/** `generate` would do this itself, and does not repeat it; here it gets a line of its own in the time table. */
async function testOperators({ options }: Settings, sheet: TimeSheet | undefined): Promise<void> {
  sheet?.enter('self-test');
  if (sheet) await selfTest(options.device ?? 'cpu', options.precision === 'fp16' ? 'float16' : 'float32');
}
