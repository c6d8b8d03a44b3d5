import type { Ledger } from '@skipstone/core';
import { reuses } from '../../run/decision-rows.js';
import { decibels, type RunSummary } from '../../run/summary.js';
import { type Html, html } from '../html.js';

/** The numbers people look for first. */
export function summaryCards(summary: RunSummary, ledger: Ledger): Html {
  const { branches, steps, expectedSpeedup, measuredSpeedup, measuredAgainst, psnr, ssim, latentSnr } =
    summary;
  const reusing = ledger.decisions.some(({ key }) => reuses(key));
  const cards = [
    ...(reusing ? branches : []).map(({ branch, reused }) =>
      card(`${reused} of ${steps}`, `steps reused, ${branch}`),
    ),
    expectedSpeedup !== undefined && card(`${expectedSpeedup.toFixed(2)}×`, 'expected, by operations'),
    measuredSpeedup !== undefined &&
      card(`${measuredSpeedup.toFixed(2)}×`, `measured, against ${AGAINST[measuredAgainst ?? 'reference']}`),
    psnr !== undefined && card(decibels(psnr), 'PSNR against the reference'),
    ssim !== undefined && card(ssim.toFixed(3), 'SSIM against the reference'),
    ...Object.entries(latentSnr ?? {}).map(([stream, snr]) =>
      card(decibels(snr), `latents of ${stream}, signal to difference`),
    ),
  ].filter((one) => one !== false);
  return html`<div class="cards">${cards}</div>`;
}

const AGAINST = { reference: 'the reference', 'computed steps': 'its own full steps' } as const;

const card = (number: string, meaning: string): Html =>
  html`<div class="card"><b>${number}</b><small>${meaning}</small></div>`;
