import { type Options, type Params, SingleBar } from 'cli-progress';
import { time } from './time-sheet.js';

/** What a person sees while a run goes on. */
export interface Progress {
  begin(steps: number, done: number): void;
  step(done: number, ms: number, etaMs: number): void;
  /** A line above the bar. */
  note(text: string): void;
  end(): void;
}

/** Shows nothing. */
export const silence: Progress = { begin: () => {}, step: () => {}, note: () => {}, end: () => {} };

/** A bar where there is a terminal, else a line for every tenth of the run. `label` stands in front. */
export function progress(stream: NodeJS.WriteStream, label: string): Progress {
  return stream.isTTY ? bar(stream, label) : lines(stream, label);
}

/** Redrawn four times a second, so the time left counts down inside a long step. */
function bar(stream: NodeJS.WriteStream, label: string): Progress {
  let left = Number.NaN;
  let since = performance.now();
  let stepMs = 0;
  const format = ({ barsize = 30 }: Options, { value, total }: Params): string => {
    const full = Math.round((barsize * value) / total);
    const elapsed = performance.now() - since;
    const state = Number.isNaN(left)
      ? `first step, ${time(elapsed)}`
      : `${time(stepMs)} a step, ${time(Math.max(0, left - elapsed))} left`;
    const drawn = '█'.repeat(full) + '░'.repeat(barsize - full);
    return `${label}${drawn} ${String(value).padStart(String(total).length)}/${total}  ${state}`;
  };
  const single = new SingleBar({
    format,
    stream,
    fps: 4,
    barsize: 30,
    forceRedraw: true,
    clearOnComplete: true,
  });
  return {
    begin: (steps, done) => {
      since = performance.now();
      single.start(steps, done);
    },
    step: (done, ms, etaMs) => {
      [left, stepMs, since] = [etaMs, ms, performance.now()];
      single.update(done);
    },
    note: (text) => {
      stream.write(`\r\u001b[K${text}\n`);
    },
    end: () => single.stop(),
  };
}

function lines(stream: NodeJS.WriteStream, label: string): Progress {
  let steps = 0;
  const tenth = (done: number): number => Math.floor((10 * done) / steps);
  return {
    begin: (all, done) => {
      steps = all;
      if (done > 0) stream.write(`${label}going on after step ${done} of ${steps}\n`);
    },
    step: (done, ms, etaMs) => {
      if (tenth(done) === tenth(done - 1)) return;
      stream.write(`${label}step ${done} of ${steps}, ${time(ms)} a step, ${time(etaMs)} left\n`);
    },
    note: (text) => {
      stream.write(`${text}\n`);
    },
    end: () => {},
  };
}
