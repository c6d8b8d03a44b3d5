import { createHash } from 'node:crypto';
import { type Html, html, raw } from './html.js';
import { PAGE_STYLE } from './page-style.js';
import { PLAYER } from './player.js';
import type { ReportOptions, ReportSection } from './report-options.js';
import { decisionSection } from './sections/decisions.js';
import { driftSections } from './sections/drift.js';
import { proxySection } from './sections/proxy.js';
import { summaryCards } from './sections/summary-cards.js';
import { timeSection } from './sections/times.js';
import { tokenSections } from './sections/tokens.js';
import { videoSection } from './sections/videos.js';

/**
 * A page of one run that needs nothing else: no network, no other file, and it says so to the browser (its
 * content policy allows what is inside it only). The same options give the same text.
 */
export function reportPage(options: ReportOptions): string {
  const { title, facts, summary, ledger, videos = [] } = options;
  const sections: readonly ReportSection[] = [
    ...videoSection(videos),
    ...decisionSection(ledger),
    ...driftSections(ledger),
    ...proxySection(options.proxy),
    ...timeSection(options),
    ...tokenSections(options),
    ...(options.sections ?? []),
  ];
  const script = videos.length > 0 ? PLAYER : undefined;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
<header>
<p class="mark">skipstone</p>
<h1>${title}</h1>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>
<main>
${summaryCards(summary, ledger)}
${sections.map(sectionOf)}
</main>
${script === undefined ? undefined : html`<script>${raw(script)}</script>`}
</body>
</html>
`.html;
}

const sectionOf = ({ title, about, body }: ReportSection): Html => html`<section>
<h2>${title}</h2>
<p class="about">${about}</p>
${body}
</section>`;

function policy(script: string | undefined): string {
  const hash = script && createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    'img-src data:',
    'media-src data:',
    ...(hash ? [`script-src 'sha256-${hash}'`] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
