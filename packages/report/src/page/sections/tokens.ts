import type { Ledger } from '@skipstone/core';
import type { Series } from '../../plot/lines.js';
import { type TokenSteps, tokenSteps } from '../../run/token-steps.js';
import { dataUrl, html } from '../html.js';
import type { ReportOptions, ReportSection } from '../report-options.js';
import { byStep, overSteps } from './over-steps.js';

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
  return [overSteps(['Active tokens', about], 'tokens', series, 1)];
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
  return [overSteps(['Staleness of tokens', about], 'steps', series, 1)];
}
