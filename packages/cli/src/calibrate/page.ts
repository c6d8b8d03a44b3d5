import { basename, dirname, extname, join } from 'node:path';
import {
  type Estimate,
  leaderOf,
  ORACLE,
  type Policy,
  type PolicyEntry,
  type PolicyRow,
  type TraceFile,
} from '@skipstone/galaxy-cache/calibration';
import { lines, markdownTable } from '@skipstone/report';
import { placeFile } from '@skipstone/video';
import type { Writing } from '../files/each-output.js';

/** The files of a page: itself, and its pictures beside it; a number tells traces of as many steps apart. */
export function pageFiles(path: string, traces: readonly TraceFile[]): readonly string[] {
  const stem = basename(path, extname(path));
  const steps = traces.map(({ header }) => header.settings.steps);
  const drifts = steps.map((count, i) =>
    steps.indexOf(count) === i ? `drift-${count}` : `drift-${count}-${i + 1}`,
  );
  return [
    path,
    ...['speedup', 'warmup', ...drifts].map((name) => join(dirname(path), `${stem}-${name}.svg`)),
  ];
}

/** The tables of a policy as Markdown and its pictures beside it, as they are written. */
export function pageWriting(path: string, policy: Policy, traces: readonly TraceFile[]): readonly Writing[] {
  const files = pageFiles(path, traces);
  const [speedup = '', warmup = '', ...drift] = files.slice(1).map((name) => basename(name));
  const page = pageText(policy, { speedup, warmup, drift });
  const drifts = traces.map((trace, i) => driftPlot(trace, policy.entries[i]));
  const texts = [page, speedupPlot(policy), warmupPlot(policy), ...drifts];
  return files.map((name, i) => [name, () => placeFile(name, new TextEncoder().encode(texts[i]))]);
}

interface Pictures {
  readonly speedup: string;
  readonly warmup: string;
  readonly drift: readonly string[];
}

function pageText(policy: Policy, pictures: Pictures): string {
  const [{ settings: first } = { settings: undefined }] = policy.entries;
  return [
    `# Calibration of ${first?.model ?? 'a model'}`,
    `Made by \`${policy.command}\`, ${policy.by}; ${first?.precision} on ${first?.device}. Intervals are 95 %, bootstrapped over prompts.`,
    'Speed-ups are ideal: work by counting operations, of the uncached run over the reusing one. Time is inside the runtime, of one run after its reference: where other programs ran meanwhile it says nothing.',
    ...policy.entries.flatMap((entry, i) => entryText(entry, pictures.drift[i] ?? '')),
    '## Pictures',
    `![Fidelity by speed-up](${pictures.speedup})`,
    `![Fidelity by warm-up](${pictures.warmup})`,
    '',
  ].join('\n\n');
}

function entryText(entry: PolicyEntry, drift: string): readonly string[] {
  const { settings, tap, warmup, cost, choosing, reporting } = entry;
  const { steps, sampler, schedule, shift, guidance } = settings;
  const count = (set: PolicyEntry['choosing']): string =>
    `${set.prompts.length} prompts, ${set.seeds.length === 1 ? `seed ${set.seeds[0]}` : `${set.seeds.length} seeds`}`;
  return [
    `## ${steps} steps`,
    `${sampler}, ${schedule}, shift ${shift}, guidance ${guidance.join(' and ') || 'of the model'}. Watching \`${tap}\` after a warm-up of ${percent(warmup)}; a reused step costs ${percent(cost)} of a computed one. Chosen by ${count(choosing)}; reported on ${reporting.prompts.length === 0 ? 'none' : `${count(reporting)}, none of them used for choosing`}.`,
    markdownTable(
      [
        'speed-up asked',
        'threshold',
        'reuse predicted',
        'reuse measured',
        'speed-up',
        'time',
        'PSNR, dB',
        'SSIM',
      ],
      entry.rows.map((row) => [`${row.speedup}`, ...cells(row)]),
    ),
    'Spearman’s coefficient of each tap’s change against the stack’s, after the warm-up:',
    markdownTable(
      ['tap', 'pooled', 'mean of prompts'],
      entry.ranking.map((one) => [`\`${one.tap}\``, interval(one.pooled, 2), interval(one.perPrompt, 2)]),
    ),
    `Shorter and longer warm-ups at a speed-up of ${entry.warmups[0]?.speedup ?? '–'}:`,
    markdownTable(
      ['warm-up', 'threshold', 'reuse predicted', 'reuse measured', 'speed-up', 'time', 'PSNR, dB', 'SSIM'],
      entry.warmups.map((row) => [percent(row.warmup), ...cells(row)]),
    ),
    `![Change by step](${drift})`,
  ];
}

const cells = ({ threshold, predicted, measured }: PolicyRow): readonly string[] => [
  String(threshold),
  interval(predicted, 3),
  interval(measured?.reuse, 3),
  interval(measured?.speedup, 2),
  interval(measured?.time, 2),
  interval(measured?.psnr, 1),
  interval(measured?.ssim, 4),
];

/** PSNR of the reporting prompts by speed-up, a line for each step count. */
function speedupPlot({ entries }: Policy): string {
  return lines({
    title: 'PSNR against the uncached run by ideal speed-up',
    x: { label: 'speed-up (ideal)' },
    y: { label: 'PSNR, dB' },
    series: entries.map((entry) => ({
      name: `${entry.settings.steps} steps`,
      points: entry.rows.flatMap(({ measured }) =>
        measured?.psnr ? [point(measured.speedup.value, measured.psnr)] : [],
      ),
    })),
  });
}

function warmupPlot({ entries }: Policy): string {
  return lines({
    title: 'PSNR against the uncached run by warm-up',
    x: { label: 'warm-up, share of the steps' },
    y: { label: 'PSNR, dB' },
    series: entries.map((entry) => ({
      name: `${entry.settings.steps} steps, ${entry.warmups[0]?.speedup ?? ''} times as fast`,
      points: entry.warmups.flatMap(({ warmup, measured }) =>
        measured?.psnr ? [point(warmup, measured.psnr)] : [],
      ),
    })),
  });
}

/** How the watched tap and the stack change, on the mean of the traced runs. */
function driftPlot({ header, runs }: TraceFile, entry: PolicyEntry | undefined): string {
  const mean = (series: string) =>
    Array.from({ length: header.settings.steps }, (_, step) => {
      const values = runs.flatMap((run) => leaderOf(run).change[series]?.[step] ?? []);
      return { x: step, y: values.reduce((a, b) => a + b, 0) / values.length };
    });
  const tap = entry?.tap ?? header.taps[0] ?? '';
  return lines({
    title: 'Relative change from the step before',
    x: { label: 'step' },
    y: { label: 'relative L1 change', type: 'log' },
    series: [
      { name: tap, points: mean(tap) },
      { name: 'what the blocks add', points: mean(ORACLE) },
    ],
  });
}

const point = (x: number, { value, low, high }: { value: number; low: number; high: number }) => ({
  x,
  y: value,
  low,
  high,
});

/** `39.9 (38.1 to 41.7)`, or a dash where nothing was measured. */
function interval(estimate: Estimate | null | undefined, places: number): string {
  if (!estimate) return '–';
  const [value, low, high] = [estimate.value, estimate.low, estimate.high].map((one) => one.toFixed(places));
  return `${value} (${low} to ${high})`;
}

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
