import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type Frames,
  generate,
  type JsonOptions,
  SkipstoneError,
  type VideoModel,
  watchReads,
} from '@skipstone/core';
import { demoModel } from '@skipstone/demo-model';
import {
  allRight,
  CHECK_COUNT,
  type CheckCase,
  checkCases,
  checkVideo,
  PARTS,
  type Verdict,
} from '@skipstone/demo-model/check';
import { runSettings } from '@skipstone/galaxy-cache/calibration';
import { placeFile } from '@skipstone/video';
import { EXIT } from '../exit.js';
import { failed } from '../exit-code.js';
import { eachOutput } from '../files/each-output.js';
import { named, prepareOutputs } from '../files/prepare-outputs.js';
import type { Typed } from '../options/flags.js';
import { inputsOf } from '../options/inputs.js';
import { readNumber } from '../options/read-value.js';
import { readSettings } from '../options/settings.js';
import { interruption } from '../process-end.js';
import { required } from '../trace/trace-settings.js';
import { version } from '../version.js';
import { sheetFile } from './sheet.js';
import { framesOf, stripFile } from './strip.js';

export interface TypedCheck extends Typed {
  readonly out?: string;
  readonly count?: string;
}

/** Videos of the sheet. */
const SHEET = 24;

/** A video and what was found in it. */
interface Checked extends CheckCase {
  readonly video: Frames;
  readonly verdict: Verdict;
}

/** `skipstone check`: makes the videos that a folder lacks, looks at all of them, writes what was found. */
export async function check({ out, count, ...flags }: TypedCheck): Promise<number> {
  const folder = required(out, '--out', 'check');
  const cases = checkCases(
    count === undefined
      ? CHECK_COUNT
      : readNumber('--count', count, { kind: 'whole', least: 1, most: CHECK_COUNT }),
  );
  const asked = await readSettings(undefined, flags);
  const { options } = asked;
  const { result: model, files } = await watchReads(demoModel);
  await prepareOutputs(outputsIn(folder, cases), inputsOf(asked, files));
  const settings = await settle(folder, model, options);
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const { signal, release } = interruption(say);
  try {
    const checked: Checked[] = [];
    for (const one of cases) {
      const video = await videoOf(folder, model, { ...options, signal }, one);
      const verdict = checkVideo(video, one.prompt);
      checked.push({ ...one, video, verdict });
      say(`${one.seed + 1} of ${cases.length}: ${one.prompt}: ${faultsOf(verdict)}`);
    }
    return await write(folder, settings, checked, say);
  } catch (error) {
    if (!signal.aborted) throw failed(error);
    say(`stopped; the same command goes on from what lies in ${folder}`);
    return EXIT.aborted;
  } finally {
    release();
  }
}

/** The frames of the video of a seed. */
const stripIn = (folder: string, seed: number): string =>
  join(folder, `${String(seed).padStart(3, '0')}.png`);

const outputsIn = (folder: string, cases: readonly CheckCase[]) =>
  named(
    '--out',
    ...['settings.json', 'check.json', 'sheet.png'].map((name) => join(folder, name)),
    ...cases.map(({ seed }) => stripIn(folder, seed)),
  );

/** What the videos of a folder depend on; another run's folder is refused. */
async function settle(folder: string, model: VideoModel, options: JsonOptions) {
  const settings = runSettings(model, options);
  if (settings.frames < 2) throw tooShort(settings.frames);
  const path = join(folder, 'settings.json');
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  const there = await readFile(path, 'utf8').catch(() => text);
  if (!isSame(there, text)) throw otherSettings(path, there, text);
  await placeFile(path, new TextEncoder().encode(text));
  return settings;
}

function isSame(there: string, text: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(there), JSON.parse(text));
  } catch {
    return false;
  }
}

/** Reads a video, or makes it. */
async function videoOf(
  folder: string,
  model: VideoModel,
  options: JsonOptions & { readonly signal: AbortSignal },
  { prompt, seed }: CheckCase,
): Promise<Frames> {
  const path = stripIn(folder, seed);
  const file = await readFile(path).catch(() => undefined);
  if (file) return framesOf(file, model.defaults.framesPerSecond);
  const { video } = await generate(model, { ...options, prompt, seed }).result;
  if (video === undefined) throw new TypeError('the demo model has a codec');
  await placeFile(path, stripFile(video));
  return video;
}

async function write(
  folder: string,
  settings: object,
  checked: readonly Checked[],
  say: (text: string) => void,
): Promise<number> {
  const right = Object.fromEntries(
    PARTS.map((part) => [part, checked.filter(({ verdict }) => verdict[part].right).length]),
  );
  const all = checked.filter(({ verdict }) => allRight(verdict)).length;
  for (const [part, number] of Object.entries(right)) say(`${part.padEnd(16)}${number} of ${checked.length}`);
  say(`${'all of it'.padEnd(16)}${all} of ${checked.length}`);
  const videos = checked.map(({ prompt, seed, verdict }) => ({ prompt, seed, verdict }));
  const report = { by: `skipstone ${version()}`, settings, count: checked.length, all, right, videos };
  const paths = { report: join(folder, 'check.json'), sheet: join(folder, 'sheet.png') };
  const written = await eachOutput([
    [paths.report, () => placeFile(paths.report, Buffer.from(`${JSON.stringify(report, null, 2)}\n`))],
    [paths.sheet, () => placeFile(paths.sheet, sheetFile(checked.slice(0, SHEET)))],
  ]);
  process.stdout.write(written.map((file) => `${file}\n`).join(''));
  return written.length === 2 ? EXIT.ok : EXIT.failure;
}

const faultsOf = (verdict: Verdict): string =>
  PARTS.filter((part) => !verdict[part].right)
    .map((part) => `${part} (${verdict[part].saw})`)
    .join(', ') || 'all right';

const tooShort = (frames: number): SkipstoneError =>
  new SkipstoneError({
    code: 'option-value',
    what: '--frames: a still picture shows no motion',
    have: `--frames ${frames}`,
    need: 'at least 2',
    do: 'leave --frames out',
  });

const otherSettings = (path: string, have: string, need: string): SkipstoneError =>
  new SkipstoneError({
    code: 'check-settings',
    what: `${path}: the videos of this folder were made with other settings`,
    have: have.replace(/\s+/g, ' ').trim(),
    need: need.replace(/\s+/g, ' ').trim(),
    do: 'name another folder',
  });
