import type { Ledger } from '@skipstone/core';
import { lines, type Series } from '../../plot/lines.js';
import { type TokenSteps, tokenSteps } from '../../run/token-steps.js';
import { dataUrl } from '../data-url.js';
import { html, raw } from '../html.js';
import type { ReportOptions, ReportSection } from '../report-options.js';

/** Where a run computed some tokens only: which, how many at each step, and how long the others went without. */
export function tokenSections({ ledger, tokenStills = [] }: ReportOptions): readonly ReportSection[] {
  return [...budgetSection(tokenStills), ...activeSection(ledger), ...stalenessSection(tokenSteps(ledger))];
}

function budgetSection(stills: NonNullable<ReportOptions['tokenStills']>): readonly ReportSection[] {
  if (stills.length === 0) return [];
  const figures = stills.map(
    ({ name, png }) =>
      html`<figure><img alt="${name}" src="${dataUrl('image/png', png)}"><figcaption>${name}</figcaption></figure>`,
  );
  const body = html`<div class="stills">${figures}</div>
<p class="scale">computed at no step <i></i> at every step</p>`;
  const about = 'How many of the steps each token was computed at, over the frames that it became.';
  return [{ title: 'Token budget', about, body }];
}

function activeSection(ledger: Ledger): readonly ReportSection[] {
  const series = activeTokens(ledger);
  if (series.every(({ points }) => new Set(points.map(({ y }) => y)).size <= 1)) return [];
  const about = 'Tokens whose rows were computed; the others went on with what they had.';
  return [plotted('Active tokens', about, 'tokens', series)];
}

/** Most rows that any branch computed, by stream and step; a step at which no model was called computed none. */
function activeTokens({ passes, steps }: Ledger): readonly Series[] {
  const streams = [...new Set(passes.flatMap(({ rows }) => Object.keys(rows)))];
  return streams.map((stream) => {
    const counts = new Array<number>(steps).fill(0);
    for (const { step, rows } of passes) counts[step] = Math.max(counts[step] ?? 0, rows[stream] ?? 0);
    return { name: stream, points: byStep(counts) };
  });
}

function stalenessSection(tokens: readonly TokenSteps[]): readonly ReportSection[] {
  if (tokens.length === 0) return [];
  const series = tokens.flatMap(({ stream, staleness }) => [
    { name: `${stream}, mean`, points: byStep(staleness.map(({ mean }) => mean)) },
    { name: `${stream}, longest`, points: byStep(staleness.map(({ longest }) => longest)), dashed: true },
  ]);
  const about =
    'Steps since a token was last computed, over all tokens.' +
    (tokens.every(({ exact }) => exact) ? '' : ' Tokens that were computed out of turn are not in it.');
  return [plotted('Staleness of tokens', about, 'steps', series)];
}

function plotted(title: string, about: string, unit: string, series: readonly Series[]): ReportSection {
  const top = Math.max(1, ...series.flatMap(({ points }) => points.map(({ y }) => y)));
  const svg = lines({
    title,
    x: { label: 'step' },
    y: { label: unit, domain: [0, 1.08 * top] },
    series,
    width: 1000,
    height: 240,
  });
  return { title, about, body: raw(svg) };
}

const byStep = (values: readonly number[]) => values.map((y, x) => ({ x, y }));
