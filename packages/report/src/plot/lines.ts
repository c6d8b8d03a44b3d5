import { axisX, axisY, dot, gridX, gridY, line, link, type Markish, ruleY, text } from '@observablehq/plot';
import { type Drawing, draw } from './draw.js';
import { colour, seriesColour } from './palette.js';

export interface Axis {
  /** With its unit: `PSNR, dB`. */
  readonly label: string;
  /** From and to; by the data unless given. */
  readonly domain?: readonly [number, number];
  readonly type?: 'linear' | 'log';
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Ends of an interval around `y`. */
  readonly low?: number;
  readonly high?: number;
  /** Drawn as a ring. */
  readonly hollow?: boolean;
  /** Written beside the dot. */
  readonly label?: string;
}

export interface Series {
  readonly name: string;
  /** In the order they are joined. Points that are not finite are left out, and break no line. */
  readonly points: readonly Point[];
  readonly dashed?: boolean;
}

export interface LinesOptions {
  /** What the picture shows, for people who do not see it. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Lines across, such as a threshold. */
  readonly levels?: readonly { readonly y: number; readonly name: string }[];
  /** Pixels; default 720 x 300. */
  readonly width?: number;
  readonly height?: number;
}

/** Series as lines with a dot at each point, and a bar where a point has an interval. The text of an SVG file. */
export function lines(options: LinesOptions): string {
  return xy(options, (points, stroke, dashed) =>
    line(points, { x: 'x', y: 'y', stroke, strokeWidth: 2, ...(dashed ? { strokeDasharray: '5 4' } : {}) }),
  );
}

/** Series as dots, and a bar where a point has an interval. The text of an SVG file. */
export function scatter(options: LinesOptions): string {
  return xy(options, () => []);
}

type Join = (points: readonly Point[], stroke: string, dashed: boolean) => Markish;

function xy(
  { title, x, y, series, levels = [], width = 720, height = 300 }: LinesOptions,
  join: Join,
): string {
  const finite = series.map(({ name, points, dashed = false }, i) => ({
    name,
    dashed,
    fill: seriesColour(i),
    points: points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y)),
  }));
  const drawing: Drawing = {
    title,
    width,
    height,
    marginLeft: 60,
    marginRight: 24,
    marginBottom: 40,
    inset: 10,
    x: scaleOf(x),
    y: scaleOf(y),
    legend: finite.map(({ name, fill }) => ({ name, fill })),
    marks: [
      gridX({ stroke: colour('grid'), strokeOpacity: 1 }),
      gridY({ stroke: colour('grid'), strokeOpacity: 1 }),
      axisX({ label: x.label, labelAnchor: 'center', labelArrow: 'none', tickSize: 0 }),
      axisY({ label: y.label, labelAnchor: 'center', labelArrow: 'none', tickSize: 0, ...logTicks(y) }),
      ...levels.flatMap((level) =>
        levelMarks(
          level,
          finite.flatMap(({ points }) => points),
        ),
      ),
      ...finite.flatMap(({ points, fill, dashed }) => [
        join(points, fill, dashed),
        link(points.filter(hasInterval), {
          x: 'x',
          y1: 'low',
          y2: 'high',
          stroke: fill,
          strokeOpacity: 0.55,
          strokeWidth: 3,
        }),
        ...[false, true].map((hollow) =>
          dot(
            points.filter((point) => (point.hollow ?? false) === hollow),
            {
              ...(hollow ? RING : { fill, r: 3.5 }),
              x: 'x',
              y: 'y',
              stroke: fill,
              title: (p: Point) => tip(p, x, y),
            },
          ),
        ),
        text(
          points.filter((point) => point.label !== undefined),
          { x: 'x', y: 'y', text: 'label', dx: 7, dy: -7, textAnchor: 'start', fill: 'currentColor' },
        ),
      ]),
    ],
  };
  return draw(drawing);
}

const scaleOf = ({ domain, type = 'linear' }: Axis) => ({
  type,
  label: null,
  ...(domain ? { domain: [...domain] } : {}),
});

/** Plot writes 1k for 1000 on logarithmic axes; plain numbers read better. */
const logTicks = ({ type }: Axis) => (type === 'log' ? { tickFormat: '~g' } : {});

function levelMarks(
  level: { readonly y: number; readonly name: string },
  points: readonly Point[],
): Markish[] {
  const right = Math.max(...points.map((point) => point.x));
  return [
    ruleY([level.y], { stroke: colour('muted'), strokeDasharray: '6 4', strokeWidth: 1.5 }),
    text([level], { x: right, y: 'y', text: 'name', dy: -7, textAnchor: 'end', fill: colour('muted') }),
  ];
}

const RING = { fill: colour('paper'), r: 3.5, strokeWidth: 1.5 } as const;

const hasInterval = ({ low, high }: Point): boolean => low !== undefined && high !== undefined;

const tip = (point: Point, x: Axis, y: Axis): string =>
  `${x.label}: ${short(point.x)}\n${y.label}: ${short(point.y)}${
    hasInterval(point) ? ` (${short(point.low)} to ${short(point.high)})` : ''
  }`;

const short = (value = Number.NaN): string => String(Number(value.toPrecision(4)));
