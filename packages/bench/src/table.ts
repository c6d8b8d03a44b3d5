import type { Outcome, Reach, Unit } from './row.js';
import { median } from './statistics.js';
import { verdictOf } from './verdict.js';

const WIDTHS = [58, 8, 10, 17, 13] as const;

/** The table's head: two lines. */
export function tableHead(): string {
  return `${line(['what', 'reach', 'measured', 'min–max', 'verdict'])}\n${'─'.repeat(WIDTHS.reduce((a, b) => a + b + 1, -1))}`;
}

/** An outcome as one line, and its note, if it has one, as a second. */
export function tableLine(outcome: Outcome): string {
  const { what, reach, samples, unit, note } = outcome;
  const verdict = verdictOf(outcome);
  const shown = (value: number): string => `${digits(value, unit)}${SUFFIX[unit]}`;
  const measured = samples.length > 0 ? shown(median(samples)) : '–';
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const range = samples.length > 1 ? `${digits(least, unit)}–${shown(most)}` : '–';
  const text = line([what, reach ? reachText(reach, unit) : '–', measured, range, verdict]);
  return note === undefined ? text : `${text}\n  ${note}`;
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join(' ')
    .trimEnd();
}

function reachText(reach: Reach, unit: Unit): string {
  const [sign, value] =
    'least' in reach ? ['≥', reach.least] : 'most' in reach ? ['≤', reach.most] : ['<', reach.below];
  return `${sign} ${value}${SUFFIX[unit]}`;
}

/** Three places behind the point are finer than any of these repeats. */
function digits(value: number, unit: Unit): string {
  return value.toFixed(PLACES[unit]);
}

const PLACES = { ratio: 3, share: 3, s: 2, ms: 1, GB: 2, dB: 1 } as const satisfies Record<Unit, number>;
const SUFFIX = {
  ratio: '',
  share: '',
  s: ' s',
  ms: ' ms',
  GB: ' GB',
  dB: ' dB',
} as const satisfies Record<Unit, string>;
