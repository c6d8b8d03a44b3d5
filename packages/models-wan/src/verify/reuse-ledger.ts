import type { Ledger } from '@skipstone/core';

/** What was given to a replayed run, and the rule by which its flags were once decided. */
export interface ReuseRule {
  readonly reuse: readonly boolean[];
  readonly threshold: number;
  readonly warmup_steps: number;
}

export interface LedgerColumn {
  readonly name: string;
  readonly data: readonly number[];
  /** 0 for flags and counts. */
  readonly limit?: number;
}

const LEADER = 'cond';

/** A run's ledger in the columns of a golden one: flags, metric and active tokens of each step. */
export function ledgerColumns(ledger: Ledger, rule: ReuseRule): readonly LedgerColumn[] {
  const steps = Array.from({ length: ledger.steps }, (_, step) => step);
  const rows = steps.map((step) =>
    ledger.decisions.find((row) => row.step === step && row.branch === LEADER && row.key === 'reuse'),
  );
  const metric = rows.map((row) => row?.signal ?? Number.NaN);
  const flags = steps.map((step) => {
    const did = rows[step]?.value === true;
    // Given flags were followed, so what they ought to be is asked of our own metric.
    const given = rule.reuse[step] === true;
    const due = step >= rule.warmup_steps && (metric[step] ?? Number.NaN) < rule.threshold;
    return Number(did === given ? due : did);
  });
  const active = steps.map((step) => {
    const pass = ledger.passes.find((one) => one.step === step && one.branch === LEADER);
    return pass?.rows.video ?? Number.NaN;
  });
  return [
    { name: 'ledger.reuse_cond', data: flags, limit: 0 },
    { name: 'ledger.metric_cond', data: metric },
    { name: 'ledger.active', data: active, limit: 0 },
  ];
}
