import type { AddedFile, AddedScale } from '../graph/weights.js';
import type { Schedule } from '../spec/schedule.js';
import { pinnedRows } from './ask/given.js';
import { clockRowsOf, takenSteps } from './ask/outlook.js';
import { hoistedRuns } from './cut/hoisted.js';
import type { Span } from './cut/span.js';
import { workOf } from './cut/work.js';
import type { PhasePlan, Plan } from './plan.js';

/** The plan as a table a person reads before anything runs. */
export function explain(plan: Plan): string {
  const { settings, schedule, sampler, plugins } = plan.request;
  const seconds = plan.phases.reduce((sum, phase) => sum + phaseSeconds(phase, plan.request), 0);
  const steps = schedule.timesteps.length;
  const taken = takenSteps(plan.request, 0, steps);
  const head = [
    `steps     ${taken === steps ? '' : `${taken} of `}${steps} (${schedule.name}, ${sampler.name})`,
    `device    ${formOf(plan)}`,
    `plugins   ${plugins.map((plugin) => plugin.name).join(' → ') || 'none'}`,
    `time      about ${duration(seconds)} at ${(settings.flopsPerSecond / 1e9).toFixed(0)} GFLOP/s, nothing skipped`,
  ];
  const body = plan.phases.flatMap((phase) => explainPhase(phase, plan.request));
  const memory = plan.memory.map((line) => [line.what, bytes(line.bytes), line.kind]);
  return [
    ...head,
    ...body,
    '',
    ...table([
      ['memory', 'bytes', 'kind'],
      ...memory,
      ['biggest moment, file pages aside', bytes(plan.peakBytes), ''],
    ]),
    ...plan.notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}

/** Where and in which types a plan computes. */
export function formOf(plan: Plan): string {
  const { device, compute, weights } = plan.request.settings;
  return `${device}, ${compute}, weights ${weights}${quantisedBits(plan)}`;
}

/** Bits of the weights of most products, where they are quantised. */
function quantisedBits(plan: Plan): string {
  const passes = plan.phases.flatMap((phase) => [...phase.passes.values()]);
  const nodes = passes.flatMap((pass) => pass.pass).flatMap((span) => span.nodes);
  const bits = nodes.find((node) => node.op === 'MatMulNBits')?.attributes.bits;
  return bits && 'int' in bits ? `, ${bits.int}-bit` : '';
}

function phaseSeconds(phase: PhasePlan, request: Plan['request']): number {
  const { from, to, guidance } = phase;
  const { run, step, pass } = phase.seconds;
  return run + takenSteps(request, from, to) * (step + guidance.branches.length * pass);
}

function explainPhase(phase: PhasePlan, request: Plan['request']): string[] {
  const { name, from, to, spec, guidance } = phase;
  const branches = guidance.branches.map((branch) => branch.name).join(', ');
  const tokens = Object.entries(phase.rows)
    .map(([stream, n]) => `${n} ${stream} tokens`)
    .join(', ');
  const taken = takenSteps(request, from, to);
  const steps = `steps ${from}–${to - 1}${taken === to - from ? '' : `, ${taken} of them taken`}`;
  const lines = ['', `phase ${name}: ${spec.name}, ${steps}, ${tokens}, branches ${branches}`];
  const rows = [['span', 'runs', 'nodes', 'in', 'out', 'GFLOP', 'cut for']];
  const shown = new Set<Span>();
  for (const pass of phase.passes.values()) {
    for (const span of [...pass.run, ...pass.step, ...pass.pass]) {
      if (shown.has(span)) continue;
      shown.add(span);
      const station = span.id.slice(span.id.indexOf('/') + 1);
      const why = span.lasts === 'pass' ? (pass.reasons.get(station)?.join(', ') ?? '') : '';
      rows.push([...spanRow(phase, span), gates(span) + why]);
    }
  }
  lines.push(clockLine(phase, request.schedule));
  return [...lines, ...(phase.weights.added ?? []).map(addedLine), ...table(rows), ...phase.outlook];
}

/** Distinct timesteps that a pass computes modulation for: a second one where clean tokens are given. */
function clockLine({ spec, from: step, given, rows }: PhasePlan, { timesteps, sigmas }: Schedule): string {
  const [timestep, sigma] = [timesteps[step] ?? 0, sigmas[step] ?? 0];
  const clocks = clockRowsOf(spec, { step, timestep, sigma, rows, pinned: pinnedRows(given) });
  const counts = Object.entries(clocks).map(([name, { values }]) => `${name} ${values.length}`);
  return `clock rows: ${counts.join(', ')}`;
}

function addedLine({ file, strength, products, rank, scales, differences, elsewhere }: AddedFile): string {
  const parts = [
    ...(products > 0
      ? [`${products} products of rank ${rank} or less, ${scales.map(scaleOf).join(', ')}`]
      : []),
    ...(differences > 0 ? [`${differences} whole differences`] : []),
    ...(elsewhere > 0 ? [`${elsewhere} more are for other parts of the release`] : []),
  ];
  return `adds ${file} at strength ${strength}: ${parts.join('; ')}`;
}

function scaleOf({ from, products, least, most }: AddedScale): string {
  const range = least === most ? `scale ${least}` : `scales ${least} to ${most}`;
  return `${products} of ${range} (${from})`;
}

const RUNS = { step: 'once a step', pass: 'every pass' } as const;

/** What reads no text runs once for all of them. */
function howOften({ guidance, branches }: PhasePlan, span: Span): string {
  if (span.lasts !== 'run') return RUNS[span.lasts];
  const runs = hoistedRuns(guidance.branches, branches, 'run').filter((one) => one === span);
  return runs.length > 1 ? 'once a text' : 'once a run';
}

function spanRow(phase: PhasePlan, span: Span): string[] {
  const work = span.nodes.reduce((sum, node) => sum + workOf(node, phase.sizes), 0);
  const { inputs, outputs, nodes } = span.graph;
  const counts = [nodes.length, inputs.length, outputs.length].map(String);
  return [span.id, howOften(phase, span), ...counts, (work / 1e9).toFixed(2)];
}

const gates = (span: Span): string => span.gates.map((gate) => `[gate ${gate.from} → ${gate.to}] `).join('');

/** Columns padded to equal width; the first row is the heading. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export function bytes(count: number): string {
  if (count >= 2 ** 30) return `${(count / 2 ** 30).toFixed(2)} GiB`;
  if (count >= 2 ** 20) return `${(count / 2 ** 20).toFixed(1)} MiB`;
  return `${(count / 2 ** 10).toFixed(1)} KiB`;
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
