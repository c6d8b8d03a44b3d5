import type { Outcome, Reach, Unit, Verdict } from './row.js';
import { median } from './statistics.js';

const WIDTHS = [58, 8, 10, 17, 13] as const;

/** The table's head: two lines. */
export function tableHead(): string {
  return `${line(['what', 'reach', 'measured', 'min–max', 'verdict'])}\n${'─'.repeat(WIDTHS.reduce((a, b) => a + b + 1, -1))}`;
}

/** An outcome as one line, and its note, if it has one, as a second. */
export function tableLine(outcome: Outcome): string {
  const { what, reach, samples, unit, note } = outcome;
  const verdict = verdictOf(outcome);
  const [places, suffix] = UNITS[unit];
  const shown = (value: number): string => `${value.toFixed(places)}${suffix}`;
  const measured = samples.length > 0 ? shown(median(samples)) : '–';
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const range = samples.length > 1 ? `${least.toFixed(places)}–${shown(most)}` : '–';
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
  return `${sign} ${value}${UNITS[unit][1]}`;
}

/** Places behind the point, finer than any of these repeats, and what stands behind the number. */
const UNITS = {
  ratio: [3, ''],
  share: [3, ''],
  s: [2, ' s'],
  ms: [1, ' ms'],
  GB: [2, ' GB'],
  dB: [1, ' dB'],
} as const satisfies Record<Unit, readonly [number, string]>;

/** Whether the median reaches what is to be reached, and nothing else is wrong. */
export function verdictOf({ samples, reach, failed }: Outcome): Verdict {
  if (failed) return 'missed';
  if (samples.length === 0) return 'not measured';
  if (reach === undefined) return 'reported';
  return reaches(median(samples), reach) ? 'reached' : 'missed';
}

function reaches(value: number, reach: Reach): boolean {
  if ('least' in reach) return value >= reach.least;
  return 'most' in reach ? value <= reach.most : value < reach.below;
}
