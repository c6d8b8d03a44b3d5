import { createHash } from 'node:crypto';
import type { Ledger } from '@skipstone/core';
import { expect, test } from 'vitest';
import { summarise } from '../run/summary.js';
import { html, raw } from './html.js';
import type { ReportOptions } from './report-options.js';
import { reportPage } from './report-page.js';

const HOSTILE = `"><img src=x onerror=alert(1)></title><script>alert('x')</script>`;

function ledger(plugin = 'cache', rows = [8, 8, 8]): Ledger {
  const steps = [0, 1, 2];
  return {
    version: 1,
    model: 'toy',
    steps: 3,
    decisions: steps.map((step) => ({
      step,
      plugin,
      key: 'reuse',
      branch: 'cond',
      value: step === 1,
      signal: step / 10,
      threshold: 0.15,
      reason: plugin,
    })),
    passes: steps.map((step) => ({
      step,
      branch: 'cond',
      spans: ['a'],
      rows: { video: rows[step] ?? 0 },
      closed: [],
    })),
  };
}

function page(more: Partial<ReportOptions> = {}): string {
  const run = more.ledger ?? ledger();
  return reportPage({
    title: 'a ring',
    facts: [['seed', '0']],
    summary: summarise({ ledger: run }),
    ledger: run,
    ...more,
  });
}

const headings = (text: string) => [...text.matchAll(/<h2>(.*?)<\/h2>/g)].map((match) => match[1]);
const video = (name: string) => ({ name, mp4: Uint8Array.of(1, 2, 3) });

test('shows what there is to show, and no more', () => {
  expect(headings(page())).toEqual(['Decisions', 'Drift against its threshold']);
  const all = page({
    videos: [video('this run'), video('reference')],
    stepMs: [3, 1, 3],
    passShares: [1, 0.1, 1],
    proxy: {
      from: 'one run',
      taps: [{ name: 'tap', rho: 0.9, steps: [{ step: 1, proxy: 0.1, oracle: 0.2 }] }],
    },
    ledger: ledger('cache', [8, 4, 8]),
    sections: [{ title: 'More', about: 'by others', body: html`<p>${'1 < 2'}</p>` }],
  });
  expect(headings(all)).toEqual([
    'Videos',
    'Decisions',
    'Drift against its threshold',
    'Proxy against oracle',
    'Time of each step',
    'Work of each step',
    'Active tokens',
    'More',
  ]);
  expect(all).toContain('<p>1 &lt; 2</p>');
  expect(all).toContain('data:video/mp4;base64,AQID');
});

test('texts from outside stay texts, wherever they stand', () => {
  const text = page({
    title: HOSTILE,
    facts: [[HOSTILE, HOSTILE]],
    ledger: ledger(HOSTILE),
    videos: [{ ...video(HOSTILE), note: HOSTILE }],
    sections: [{ title: HOSTILE, about: HOSTILE, body: raw('') }],
  });
  expect(text).not.toContain('<img');
  expect(text.match(/<script/g)).toHaveLength(1);
  expect(text.match(/<\/title>\n/g)).toHaveLength(1);
  expect(text).not.toMatch(/="[^"]*"><script/);
});

test('its policy allows what is inside it, and the one script by its hash', () => {
  const text = page({ videos: [video('this run')] });
  const script = /<script>(.*?)<\/script>/s.exec(text)?.[1] ?? '';
  expect(text).toContain('default-src &#39;none&#39;');
  expect(text).toContain(`sha256-${createHash('sha256').update(script).digest('base64')}`);
  expect(page()).not.toContain('<script');
  expect(page()).not.toContain('script-src');
});

test('the same run gives the same page', () => {
  expect(page()).toBe(page());
});

test('rings mark steps that reused, and only the best proxies are shown', () => {
  expect(
    page().match(/<circle [^>]*fill="var\(--sk-paper\)"|<g [^>]*fill="var\(--sk-paper\)"/g),
  ).toHaveLength(1);
  const taps = [1, 2, 3, 4, 5].map((n) => ({
    name: `tap ${n}`,
    rho: n / 5,
    steps: [{ step: 1, proxy: n, oracle: n }],
  }));
  const text = page({ proxy: { from: 'one run', taps } });
  expect(text).toContain('tap 5, ρ 1.00');
  expect(text).toContain('The best 4 of 5 taps.');
  expect(text).not.toContain('tap 1, ρ');
});
