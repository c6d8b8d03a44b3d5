import { axisX, axisY, cell, text } from '@observablehq/plot';
import { SkipstoneError } from '@skipstone/core';
import { draw } from './draw.js';

export interface HeatMapOptions {
  /** What the picture shows, for people who do not see it. */
  readonly title: string;
  /** Rows from top to bottom, each as long as `columns`; `NaN` leaves a cell empty. */
  readonly values: readonly (readonly number[])[];
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** What the colours say, with its unit. */
  readonly unit: string;
  /** Values of the first and the last colour; those of the data unless given. */
  readonly domain?: readonly [number, number];
  /** Writes the values into the cells, with this many digits after the point. */
  readonly digits?: number;
  /** Pixels; default 720 wide, and as high as square cells need, at most 480. */
  readonly width?: number;
  readonly height?: number;
}

/** A table as colours (Viridis, dark is low). The text of an SVG file. */
export function heatMap(options: HeatMapOptions): string {
  const { title, values, columns, rows, xLabel, yLabel, unit, digits, width = 720 } = options;
  const finite = values.flat().filter(Number.isFinite);
  if (finite.length === 0 || values.length !== rows.length) throw noTable(options, finite.length);
  const [low, high] = options.domain ?? [Math.min(...finite), Math.max(...finite)];
  const cells = values.flatMap((row, y) =>
    row.flatMap((value, x) => (Number.isFinite(value) ? [{ x: columns[x], y: rows[y], value }] : [])),
  );
  const every = Math.max(1, Math.ceil(columns.length / 25));
  const sides = 60 + 7 * Math.max(...rows.map((row) => row.length));
  const square = ((width - sides) / columns.length) * rows.length + 64;
  const bright = (value: number): boolean => value > low + 0.6 * (high - low);
  return draw({
    title: `${title}; ${unit} from ${low} to ${high}`,
    width,
    height: options.height ?? Math.min(480, Math.max(140, square)),
    marginLeft: sides - 16,
    marginRight: 16,
    marginBottom: 40,
    x: { type: 'band', domain: [...columns], padding: 0, label: null },
    y: { type: 'band', domain: [...rows], padding: 0, label: null },
    color: { type: 'linear', scheme: 'viridis', domain: [low, high === low ? low + 1 : high] },
    legend: [
      { name: `${unit}: ${short(low)}`, fill: '#440154' },
      { name: short((low + high) / 2), fill: '#21918c' },
      { name: short(high), fill: '#fde725' },
    ],
    marks: [
      cell(cells, {
        x: 'x',
        y: 'y',
        fill: 'value',
        title: (one: { x: string; y: string; value: number }) =>
          `${xLabel} ${one.x}, ${yLabel} ${one.y}: ${short(one.value)} ${unit}`,
      }),
      ...(digits === undefined
        ? []
        : [true, false].map((dark) =>
            text(
              cells.filter(({ value }) => bright(value) === dark),
              {
                x: 'x',
                y: 'y',
                text: ({ value }: { value: number }) => value.toFixed(digits),
                fill: dark ? '#1f2933' : '#ffffff',
              },
            ),
          )),
      axisX(
        columns.filter((_, i) => i % every === 0),
        { label: xLabel, labelAnchor: 'center', labelArrow: 'none', tickSize: 0 },
      ),
      axisY({ label: yLabel, labelArrow: 'none', tickSize: 0 }),
    ],
  });
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

function noTable({ values, rows, columns }: HeatMapOptions, finite: number): SkipstoneError {
  return new SkipstoneError({
    code: 'plot-values',
    what: 'heatMap: these values make no table',
    have: `${values.length} rows, ${finite} finite values`,
    need: `${rows.length} rows of ${columns.length} values, one of them finite`,
    do: 'give a row of values for each name in `rows`',
  });
}
