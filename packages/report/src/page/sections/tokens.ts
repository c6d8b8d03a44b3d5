import type { Ledger } from '@skipstone/core';
import { lines, type Series } from '../../plot/lines.js';
import { raw } from '../html.js';
import type { ReportSection } from '../report-options.js';

/** Tokens that were computed at each step, where a run computed some of them only. */
export function tokenSection(ledger: Ledger): readonly ReportSection[] {
  const series = activeTokens(ledger);
  const counts = new Set(series.flatMap(({ points }) => points.map(({ y }) => y)));
  if (counts.size <= series.length) return [];
  const svg = lines({
    title: 'Active tokens by step',
    x: { label: 'step' },
    y: { label: 'tokens', domain: [0, 1.08 * Math.max(...counts)] },
    series,
    width: 1000,
    height: 240,
  });
  const about = 'Tokens whose rows were computed; the others went on with what they had.';
  return [{ title: 'Active tokens', about, body: raw(svg) }];
}

/** Most rows that any branch computed, by stream and step; a step at which no model was called computed none. */
function activeTokens({ passes, steps }: Ledger): readonly Series[] {
  const streams = [...new Set(passes.flatMap(({ rows }) => Object.keys(rows)))];
  return streams.map((stream) => {
    const counts = new Array<number>(steps).fill(0);
    for (const { step, rows } of passes) counts[step] = Math.max(counts[step] ?? 0, rows[stream] ?? 0);
    return { name: stream, points: counts.map((y, x) => ({ x, y })) };
  });
}
