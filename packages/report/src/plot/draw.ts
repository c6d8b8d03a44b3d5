import { type PlotOptions, plot } from '@observablehq/plot';
import { DOMParser } from 'linkedom';
import { colour, paletteRules } from './palette.js';

/** One entry of a legend: a swatch of this fill, and what it stands for. */
export interface LegendEntry {
  readonly name: string;
  readonly fill: string;
  /** 0 to 1, default 1. */
  readonly opacity?: number;
}

export interface Drawing extends PlotOptions {
  /** What the picture shows, for people who do not see it. */
  readonly title: string;
  readonly legend?: readonly LegendEntry[];
}

const CLASS = 'sk-plot';
const LEGEND_ROW = 20;
/** Wide enough for a letter of the legend's font, on average. */
const LETTER = 6.7;

const STYLE = [
  paletteRules(`.${CLASS}`),
  `.${CLASS}{color-scheme:light dark;color:${colour('ink')};font:12px system-ui,sans-serif;display:block;max-width:100%;height:auto}`,
  `.${CLASS} text{white-space:pre}`,
].join('');

/**
 * Draws with Observable Plot in a document of its own, no browser needed, and gives the text of an SVG file
 * that also stands in a page. The same options give the same text: no random names, no clock.
 */
export function draw({ title, legend = [], ...options }: Drawing): string {
  // Of a document of XML the text is XML too: attributes are escaped as a file of SVG wants them.
  const document = new DOMParser().parseFromString('<svg/>', 'image/svg+xml') as unknown as Document;
  const width = options.width ?? 720;
  const { rows, height: legendHeight } = placed(legend, width);
  const marginTop = (options.marginTop ?? 12) + legendHeight;
  const height = options.height === undefined ? undefined : options.height + legendHeight;
  const svg = plot({
    ...options,
    ...(height === undefined ? {} : { height }),
    width,
    marginTop,
    className: CLASS,
    document,
    ariaLabel: title,
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  const style = svg.querySelector('style');
  if (style) style.textContent = STYLE;
  for (const { entry, x, y } of rows) svg.append(...legendMarks(document, entry, x, y));
  return svg.outerHTML;
}

interface Placed {
  readonly entry: LegendEntry;
  readonly x: number;
  readonly y: number;
}

/** Entries from left to right; a full row begins another. */
function placed(legend: readonly LegendEntry[], width: number): { rows: readonly Placed[]; height: number } {
  const rows: Placed[] = [];
  let [x, y] = [8, 0];
  for (const entry of legend) {
    const wide = 18 + LETTER * entry.name.length + 16;
    if (x > 8 && x + wide > width) [x, y] = [8, y + LEGEND_ROW];
    rows.push({ entry, x, y });
    x += wide;
  }
  return { rows, height: rows.length === 0 ? 0 : y + LEGEND_ROW + 4 };
}

function legendMarks(
  document: Document,
  { name, fill, opacity = 1 }: LegendEntry,
  x: number,
  y: number,
): Element[] {
  const make = (tag: string, attributes: Readonly<Record<string, string | number>>): Element => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const swatch = make('rect', { x, y: y + 3, width: 12, height: 12, rx: 2, fill, 'fill-opacity': opacity });
  swatch.setAttribute('stroke', colour('muted'));
  swatch.setAttribute('stroke-width', '0.5');
  const text = make('text', { x: x + 18, y: y + 13, 'text-anchor': 'start', fill: 'currentColor' });
  text.textContent = name;
  return [swatch, text];
}
