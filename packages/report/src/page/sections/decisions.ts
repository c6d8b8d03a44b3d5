import type { Ledger } from '@skipstone/core';
import type { LegendEntry } from '../../plot/draw.js';
import { colour } from '../../plot/palette.js';
import { timeline } from '../../plot/timeline.js';
import {
  type DecisionCell,
  type DecisionRow,
  decisionRows,
  type StepState,
} from '../../run/decision-rows.js';
import { raw } from '../html.js';
import type { ReportSection } from '../report-options.js';

const STATES = {
  computed: { name: 'computed', fill: colour('computed') },
  'computed-follows': { name: 'computed, follows', fill: colour('computed'), opacity: 0.6 },
  reused: { name: 'reused', fill: colour('reused') },
  'reused-follows': { name: 'reused, follows', fill: colour('reused'), opacity: 0.6 },
  yes: { name: 'yes', fill: colour('green') },
  'yes-follows': { name: 'yes, follows', fill: colour('green'), opacity: 0.6 },
  no: { name: 'no', fill: colour('grey') },
  'no-follows': { name: 'no, follows', fill: colour('grey'), opacity: 0.6 },
  undecided: { name: 'ran, nobody asked', fill: colour('computed'), opacity: 0.3 },
  absent: { name: 'absent', fill: colour('grid'), opacity: 0.45 },
} as const satisfies Record<StepState, LegendEntry>;

/** Decisions by step, a row for each branch. */
export function decisionSection(ledger: Ledger): readonly ReportSection[] {
  const rows = decisionRows(ledger);
  const names = namesOf(rows);
  const svg = timeline({
    title: 'Decisions by step and branch',
    steps: ledger.steps,
    states: STATES,
    rows: rows.map(({ steps }, i) => ({
      name: names[i] ?? '',
      cells: steps.map((cell, step) => {
        const note = noteOf(cell);
        return { step, state: cell.state, ...(note === '' ? {} : { note }) };
      }),
    })),
    width: 1000,
  });
  const about =
    'What each branch did at each step. “Follows” took over the answer of the branch that decides, and ran no ' +
    'probe of its own. Point at a cell to see why.';
  return [{ title: 'Decisions', about, body: raw(svg) }];
}

/** By branch; with plugin and key where more than one decides. */
function namesOf(rows: readonly DecisionRow[]): readonly string[] {
  const keys = new Set(rows.map(({ plugin, key }) => `${plugin} ${key}`));
  return rows.map(({ branch = 'all branches', plugin, key }) =>
    keys.size > 1 ? `${branch} · ${plugin}: ${key}` : branch,
  );
}

function noteOf({ decision }: DecisionCell): string {
  if (!decision) return '';
  const { plugin, signal, threshold, reason, follows } = decision;
  return [
    `by ${plugin}`,
    follows !== undefined && `follows ${follows}`,
    signal !== undefined && `signal ${Number(signal.toPrecision(4))}`,
    threshold !== undefined && `threshold ${Number(threshold.toPrecision(4))}`,
    reason,
  ]
    .filter(Boolean)
    .join(', ');
}
