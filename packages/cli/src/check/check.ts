import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Frames, generate, type JsonOptions, SkipstoneError, type VideoModel } from '@skipstone/core';
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
import { interruption } from '../generate/interruption.js';
import type { Typed } from '../options/flags.js';
import { readNumber } from '../options/read-value.js';
import { readSettings } from '../options/settings.js';
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
  const { options } = await readSettings(undefined, flags);
  const model = await demoModel();
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
    await write(folder, settings, checked, say);
  } catch (error) {
    if (!signal.aborted) throw error;
    say(`stopped; the same command goes on from what lies in ${folder}`);
    return EXIT.aborted;
  } finally {
    release();
  }
  return EXIT.ok;
}

/** What the videos of a folder depend on; another run's folder is refused. */
async function settle(folder: string, model: VideoModel, options: JsonOptions) {
  const settings = runSettings(model, options);
  if (settings.frames < 2) throw tooShort(settings.frames);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'settings.json');
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  const there = await readFile(path, 'utf8').catch(() => text);
  if (!isDeepStrictEqual(JSON.parse(there), JSON.parse(text))) throw otherSettings(path, there, text);
  await writeFile(path, text);
  return settings;
}

/** Reads a video, or makes it. */
async function videoOf(
  folder: string,
  model: VideoModel,
  options: JsonOptions & { readonly signal: AbortSignal },
  { prompt, seed }: CheckCase,
): Promise<Frames> {
  const path = join(folder, `${String(seed).padStart(3, '0')}.png`);
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
): Promise<void> {
  const right = Object.fromEntries(
    PARTS.map((part) => [part, checked.filter(({ verdict }) => verdict[part].right).length]),
  );
  const all = checked.filter(({ verdict }) => allRight(verdict)).length;
  for (const [part, number] of Object.entries(right)) say(`${part.padEnd(16)}${number} of ${checked.length}`);
  say(`${'all of it'.padEnd(16)}${all} of ${checked.length}`);
  const videos = checked.map(({ prompt, seed, verdict }) => ({ prompt, seed, verdict }));
  const report = { by: `skipstone ${version()}`, settings, count: checked.length, all, right, videos };
  const paths = { report: join(folder, 'check.json'), sheet: join(folder, 'sheet.png') };
  await placeFile(paths.report, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  await placeFile(paths.sheet, sheetFile(checked.slice(0, SHEET)));
  process.stdout.write(`${paths.report}\n${paths.sheet}\n`);
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
    have: JSON.stringify(JSON.parse(have)),
    need: JSON.stringify(JSON.parse(need)),
    do: 'name another folder',
  });
