import { axisX, axisY, cell } from '@observablehq/plot';
import { draw, type LegendEntry } from './draw.js';

export interface TimelineOptions {
  /** What the picture shows, for people who do not see it. */
  readonly title: string;
  /** Columns, numbered from 0. */
  readonly steps: number;
  /** What a cell can say, in the order of the legend. */
  readonly states: Readonly<Record<string, LegendEntry>>;
  /** From top to bottom. */
  readonly rows: readonly TimelineRow[];
  /** Pixels; default 720. */
  readonly width?: number;
}

export interface TimelineRow {
  readonly name: string;
  readonly cells: readonly TimelineCell[];
}

export interface TimelineCell {
  readonly step: number;
  /** A key of `states`. */
  readonly state: string;
  /** Shown when somebody points at it. */
  readonly note?: string;
}

const ROW = 34;
const LETTER = 7;

/** One row of cells a branch, one cell a step. The text of an SVG file. */
export function timeline({ title, steps, states, rows, width = 720 }: TimelineOptions): string {
  const cells = rows.flatMap(({ name, cells }) => cells.map((one) => ({ ...one, row: name })));
  const used = Object.entries(states).filter(([state]) => cells.some((one) => one.state === state));
  const every = Math.max(1, Math.ceil(steps / 25));
  const columns = Array.from({ length: steps }, (_, step) => step);
  return draw({
    title,
    width,
    height: rows.length * ROW + 52,
    marginLeft: 16 + LETTER * Math.max(0, ...rows.map(({ name }) => name.length)),
    marginRight: 8,
    marginBottom: 40,
    x: { type: 'band', domain: columns, padding: 0.08, label: null },
    y: { type: 'band', domain: rows.map(({ name }) => name), padding: 0.16, label: null },
    legend: used.map(([, entry]) => entry),
    marks: [
      axisX(
        columns.filter((step) => step % every === 0),
        { label: 'step', labelAnchor: 'center', labelArrow: 'none', tickSize: 0 },
      ),
      axisY({ label: null, tickSize: 0 }),
      ...used.map(([state, { fill, opacity = 1 }]) =>
        cell(
          cells.filter((one) => one.state === state),
          {
            x: 'step',
            y: 'row',
            rx: 2,
            fill,
            fillOpacity: opacity,
            title: ({ step, row, note }: TimelineCell & { readonly row: string }) =>
              `${row}, step ${step}: ${states[state]?.name ?? state}${note === undefined ? '' : `\n${note}`}`,
          },
        ),
      ),
    ],
  });
}
