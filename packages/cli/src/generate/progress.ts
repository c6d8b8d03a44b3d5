import { time } from './time-sheet.js';

/** What a person sees while a run goes on. */
export interface Progress {
  begin(steps: number, done: number): void;
  step(done: number, ms: number, etaMs: number): void;
  /** A line of its own, above the bar. */
  note(text: string): void;
  end(): void;
}

/** Shows nothing. */
export const silence: Progress = { begin: () => {}, step: () => {}, note: () => {}, end: () => {} };

/** A bar where there is a terminal, else a line for every tenth of the run. `label` stands in front. */
export function progress(stream: NodeJS.WriteStream, label: string): Progress {
  return stream.isTTY && process.env.TERM !== 'dumb' ? bar(stream, label) : lines(stream, label);
}

const BAR_CELLS = 30;
/** Redrawn this often, so that the time left counts down inside a long step. */
const REDRAW_MS = 250;
/** Back to the start of the line, and nothing right of what is written there: no other state of the terminal. */
const [HOME, REST_EMPTY] = ['\r', '\u001b[K'];

interface Shown {
  readonly steps: number;
  readonly done: number;
  readonly stepMs: number;
  readonly etaMs: number | undefined;
  readonly since: number;
}

function bar(stream: NodeJS.WriteStream, label: string): Progress {
  let shown: Shown | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    if (!shown) return;
    const line = `${label}${drawn(shown)}`.slice(0, Math.max(20, stream.columns - 1));
    stream.write(`${HOME}${line}${REST_EMPTY}`);
  };
  return {
    begin: (steps, done) => {
      shown = { steps, done, stepMs: 0, etaMs: undefined, since: performance.now() };
      draw();
      timer = setInterval(draw, REDRAW_MS).unref();
    },
    step: (done, stepMs, etaMs) => {
      if (shown) shown = { ...shown, done, stepMs, etaMs, since: performance.now() };
      draw();
    },
    note: (text) => {
      stream.write(`${HOME}${REST_EMPTY}${text}\n`);
      draw();
    },
    end: () => {
      clearInterval(timer);
      if (shown) stream.write(`${HOME}${REST_EMPTY}`);
      shown = undefined;
    },
  };
}

function drawn({ steps, done, stepMs, etaMs, since }: Shown): string {
  const full = Math.round((BAR_CELLS * done) / steps);
  const cells = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
  const elapsedMs = performance.now() - since;
  const state =
    etaMs === undefined
      ? `first step, ${time(elapsedMs)}`
      : `${time(stepMs)} a step, ${time(Math.max(0, etaMs - elapsedMs))} left`;
  return `${cells} ${String(done).padStart(String(steps).length)}/${steps}  ${state}`;
}

function lines(stream: NodeJS.WriteStream, label: string): Progress {
  let steps = 1;
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
