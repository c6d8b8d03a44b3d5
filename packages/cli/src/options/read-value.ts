import { nearestName, SkipstoneError } from '@skipstone/core';
import type { ValueKind } from './value-kind.js';

/** A number of a text, or an error that names the option. */
export function readNumber(
  option: string,
  text: string,
  kind: ValueKind & { kind: 'whole' | 'number' },
): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  const fits = kind.kind === 'whole' ? isWhole(value, kind) : isWithin(value, kind);
  if (fits) return value;
  throw refused(option, text, needOf(kind), `for example ${option} ${exampleOf(kind)}`);
}

/** One number, or many with commas between. */
export function readNumbers(
  option: string,
  text: string,
  kind: { readonly least: number; readonly most: number },
): number | readonly number[] {
  const values = text.split(',').map((part) => readNumber(option, part.trim(), { kind: 'number', ...kind }));
  return values.length === 1 ? (values[0] ?? Number.NaN) : values;
}

/** Numbers by two names, `video.cfg=3,audio.stg=0`. */
export function readNamedNumbers(
  option: string,
  text: string,
): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const read: Record<string, Record<string, number>> = {};
  for (const part of text.split(',')) {
    const [, group = '', name = '', value = ''] =
      /^\s*([a-z]\w*)\.([a-z]\w*)\s*=\s*(\S+)\s*$/i.exec(part) ?? [];
    const number = NUMBER.test(value) ? Number(value) : Number.NaN;
    if (!Number.isFinite(number) || read[group]?.[name] !== undefined) {
      const need = 'stream.name=number, each once, with commas between';
      throw refused(option, text, need, `for example ${option} video.cfg=3,audio.cfg=7`);
    }
    read[group] = { ...read[group], [name]: number };
  }
  return read;
}

export function readChoice(option: string, text: string, names: readonly string[]): string {
  if (names.includes(text)) return text;
  throw refused(option, text, names.join(' or '), `did you mean ${option} ${nearestName(text, names)}?`);
}

export function readSize(option: string, text: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /^([1-9]\d{0,4})[x×]([1-9]\d{0,4})$/i.exec(text) ?? [];
  if (width !== undefined && height !== undefined) return { width: Number(width), height: Number(height) };
  throw refused(option, text, 'WIDTHxHEIGHT in pixels', `for example ${option} 832x480`);
}

export function readBytes(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS.get(unit.toLowerCase());
  const bytes = Number(number || Number.NaN) * (factor ?? Number.NaN);
  if (Number.isFinite(bytes) && bytes >= 1) return Math.floor(bytes);
  throw refused(
    option,
    text,
    'bytes, or a number with KiB, MiB, GiB, KB, MB or GB',
    `for example ${option} 8GiB`,
  );
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
]);

type Whole = ValueKind & { kind: 'whole' };
type Real = ValueKind & { kind: 'number' };

function isWhole(value: number, { least, most }: Whole): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function isWithin(value: number, { least, above, most }: Real): boolean {
  const [low, under] = [least ?? Number.NEGATIVE_INFINITY, above ?? Number.NEGATIVE_INFINITY];
  return Number.isFinite(value) && value >= low && value > under && value <= (most ?? Number.MAX_VALUE);
}

function needOf(kind: Whole | Real): string {
  if (kind.kind === 'whole') return `a whole number from ${kind.least} to ${kind.most}`;
  const from =
    kind.above === undefined
      ? kind.least === undefined
        ? ''
        : ` from ${kind.least}`
      : ` above ${kind.above}`;
  return `a number${from}${kind.most === undefined ? '' : ` up to ${kind.most}`}`;
}

function exampleOf(kind: Whole | Real): number {
  return kind.kind === 'whole' ? Math.min(kind.most, Math.max(kind.least, 24)) : 5;
}

function refused(option: string, text: string, need: string, remedy: string): SkipstoneError {
  return new SkipstoneError({
    code: 'option-value',
    what: `${option} has a value that does not serve`,
    have: `${option} ${text === '' ? "''" : text}`,
    need,
    do: remedy,
  });
}
