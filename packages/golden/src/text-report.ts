import { type CheckedLine, type FolderReport, isVerified, missesOf, worstOf } from './folder-report.js';
import type { Golden } from './golden.js';

/** `goldens/wan21-t2v: what it is`. */
export function headLine({ folder, what }: Golden): string {
  return `${folder}: ${what}\n`;
}

/** A line for each tensor, in columns as wide as this case needs. */
export function tensorLines({ tensors }: Golden): (line: CheckedLine) => string {
  const names = [...tensors.keys()].filter((name) => !name.startsWith('in.'));
  const nameWidth = Math.max(...names.map((name) => name.length), 0);
  const shapeWidth = Math.max(...[...tensors.values()].map(({ shape }) => shapeText(shape).length), 0);
  return (line) => {
    const { name, shape, ok, limit, note } = line;
    const columns = [
      ok ? 'ok  ' : 'MISS',
      name.padEnd(nameWidth),
      shapeText(shape).padEnd(shapeWidth),
      errorText(line.error).padEnd(7),
      limitText(limit),
      note ?? '',
    ];
    return `  ${columns.filter(Boolean).join('  ').trimEnd()}\n`;
  };
}

/** What became of one folder. */
export function footLine(report: FolderReport, rtol: number): string {
  const { checked } = report;
  const worst = worstOf(checked);
  const misses = missesOf(report).length;
  const count = `${checked.length} checked, ${misses === 0 ? 'none' : misses} missed at ${errorText(rtol)}`;
  return `  ${count}${worst ? `; largest error ${errorText(worst.error)}, ${worst.name}` : ''}\n`;
}

/** What became of all of them; nothing to say of a single one. */
export function summary(reports: readonly FolderReport[]): string {
  if (reports.length < 2) return '';
  const named = (label: string, some: readonly FolderReport[]): string =>
    some.length === 0 ? '' : `${label}: ${some.map(({ folder }) => folder).join(', ')}\n`;
  return [
    `${reports.filter(isVerified).length} of ${reports.length} folders verified\n`,
    named(
      'missed',
      reports.filter((report) => missesOf(report).length > 0),
    ),
    named(
      'not verified',
      reports.filter(({ error }) => error !== undefined),
    ),
  ].join('');
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function errorText(error: number): string {
  if (error === 0) return '0';
  return Number.isFinite(error) ? error.toExponential(1) : Number.isNaN(error) ? 'NaN' : '–';
}

function limitText(limit: number | undefined): string {
  if (limit === undefined) return '';
  return limit === 0 ? 'exact' : `within ${limit}`;
}
