import { SkipstoneError } from '../../error.js';
import type { KeyValueCache } from '../../graph/keys-values.js';
import type { PassForm, PassGraph, Station } from '../../graph/pass-graph.js';
import type { Value } from '../../spec/pass.js';
import type { Streams } from '../../spec/tensor.js';
import type { PassNeeds } from '../ask/needs.js';
import { applyBounds, type Bounds } from './bounds.js';
import { type Crossing, crossingsOf } from './crossing.js';
import { type Gate, makeGate } from './gate.js';
import { cutSpans, type Span, type SpanRange } from './span.js';
import { type SplitPass, splitPass } from './split.js';
import { type StationPlan, stationPlans } from './station-plan.js';

/** The variant that is the model as it is. */
export const PLAIN = 'plain';

/** One variant of a pass, cut: what is compiled, and where each station is found. */
export interface PassPlan {
  readonly form: string;
  readonly rows: PassForm['rows'];
  readonly split: SplitPass;
  /** Computed once a run, in order: what reads text once for each text, the rest for all branches. */
  readonly run: readonly Span[];
  /** Computed once a step for all branches, in order. */
  readonly step: readonly Span[];
  /** The pass itself, in order. One span where nobody looks inside. */
  readonly pass: readonly Span[];
  readonly stations: ReadonlyMap<string, StationPlan>;
  /** What lives between spans of the pass, in the order it is made. */
  readonly crossings: readonly Crossing[];
  readonly caches: readonly KeyValueCache[];
  readonly outputs: Streams<Value>;
  /** Why the pass is cut where it is, by station. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  /** What was asked for and done otherwise. */
  readonly notes: readonly string[];
}

/** Cuts one variant of a pass where needs and bounds say, and where branches go on from others (`forks`). */
export function planPass(
  graph: PassGraph,
  needs: PassNeeds,
  bounds: Bounds,
  forks: PassNeeds['cuts'] = new Map(),
): PassPlan {
  const split = splitPass(graph, needs.jumps);
  const reasons = new Map<string, string[]>();
  const cut = (station: string, why: string): void => {
    const list = reasons.get(station) ?? [];
    if (!list.includes(why)) reasons.set(station, [...list, why]);
  };
  for (const [station, who] of [...needs.cuts, ...forks]) for (const name of who) cut(station, name);
  applyBounds(graph, split, bounds, cut);
  const { gates, notes } = chooseGates(graph, split, needs, reasons, cut);
  for (const jump of needs.jumps) checkJump(graph, split, jump);
  const marks = marksOf(split, reasons, 'pass');
  const ranges = [
    ...hoistedRanges(graph, split, 'run', [split.textless], bounds),
    ...hoistedRanges(graph, split, 'step', marksOf(split, reasons, 'step'), bounds),
    ...passRanges(graph, split, marks, reasons, gates),
  ];
  const kept = keptValues(graph, needs, reasons);
  const spans = cutSpans(graph, split, ranges, kept);
  const seen = new Set([...kept, ...spans.flatMap((span) => span.graph.outputs.map((port) => port.name))]);
  const stations = stationPlans(graph, split, { needs, reasons, marks, seen });
  const pass = spans.filter((span) => span.lasts === 'pass');
  return {
    form: graph.form,
    rows: graph.rows,
    split,
    run: spans.filter((span) => span.lasts === 'run'),
    step: spans.filter((span) => span.lasts === 'step'),
    pass,
    stations: new Map(stations.map((station) => [station.name, station])),
    crossings: crossingsOf(pass, stations, graph.caches, graph.outputs),
    caches: graph.caches,
    outputs: graph.outputs,
    reasons,
    notes,
  };
}

/** Ends of the stretches between cuts, as numbers of nodes; the last is the end of the line. */
function marksOf(
  split: SplitPass,
  reasons: ReadonlyMap<string, unknown>,
  lasts: 'step' | 'pass',
): readonly number[] {
  const all = split[lasts].length;
  const ends = [...reasons.keys()].map((name) => split.positions.get(name)?.[lasts] ?? 0);
  return [...new Set([...ends, all])].filter((end) => end > 0 && end <= all).sort((a, b) => a - b);
}

function passRanges(
  graph: PassGraph,
  split: SplitPass,
  marks: readonly number[],
  reasons: ReadonlyMap<string, unknown>,
  gates: readonly Gate[],
): readonly SpanRange[] {
  return marks.map((end, index) => {
    const nodes = split.pass.slice(marks[index - 1] ?? 0, end);
    const inside = gates.filter((gate) => nodes.some((node) => gate.nodes.has(node)));
    const id = `${graph.form}/${endName(graph.stations, split, reasons, end)}`;
    return { id, lasts: 'pass' as const, nodes, gates: inside };
  });
}

/**
 * Gates where the stretch is one session's own business; else cuts at both ends, with a note saying why. Cuts
 * come first, and a gate that becomes cuts may stand in the way of another, so this goes on until none does.
 */
function chooseGates(
  graph: PassGraph,
  split: SplitPass,
  needs: PassNeeds,
  reasons: ReadonlyMap<string, readonly string[]>,
  cut: (station: string, why: string) => void,
): { gates: readonly Gate[]; notes: readonly string[] } {
  const notes: string[] = [];
  const cutEnds = ({ from, to, who }: PassNeeds['jumps'][number]): void => {
    cut(from, who);
    cut(to, who);
  };
  for (const jump of needs.jumps) if (jump.decided === 'inside') cutEnds(jump);
  const known = new Set<string>();
  let left = needs.jumps.flatMap((jump) => {
    const gate = gateOf(graph, split, jump);
    if (jump.decided === 'inside' || known.has(gate.open)) return [];
    known.add(gate.open);
    return [{ jump, gate }];
  });
  for (;;) {
    const gates = left.map(({ gate }) => gate);
    const bad = left.find(({ gate }) => noGate(graph, split, needs, reasons, gate, gates));
    if (!bad) break;
    const why = noGate(graph, split, needs, reasons, bad.gate, gates);
    notes.push(`${bad.jump.who}: the gate ${bad.gate.from} → ${bad.gate.to} became cuts: ${why}`);
    cutEnds(bad.jump);
    left = left.filter((one) => one !== bad);
  }
  for (const { jump } of left) cutBehindOutputs(split, needs, reasons, jump.from, cut);
  return { gates: left.map(({ gate }) => gate), notes };
}

function gateOf(graph: PassGraph, split: SplitPass, { from, to }: { from: string; to: string }): Gate {
  const at = (name: string): number => split.positions.get(name)?.pass ?? 0;
  const hidden = graph.stations.find((station) => station.name === to)?.values ?? {};
  return makeGate(from, to, split.pass.slice(at(from), at(to)), hidden);
}

/** Why a stretch cannot be a gate inside one session; `undefined` where it can. */
function noGate(
  graph: PassGraph,
  split: SplitPass,
  needs: PassNeeds,
  reasons: ReadonlyMap<string, unknown>,
  gate: Gate,
  gates: readonly Gate[],
): string | undefined {
  const at = (name: string): number => split.positions.get(name)?.pass ?? 0;
  const inside = (name: string): boolean => at(name) > at(gate.from) && at(name) < at(gate.to);
  const watched = [...reasons.keys(), ...needs.outputs.keys()].find(inside);
  if (watched) return `${watched} lies inside`;
  const made = new Set([...gate.nodes].flatMap((node) => node.outputs));
  if (graph.caches.some((cache) => made.has(cache.output.name)))
    return 'keys and values inside are updated in place';
  const untouched = Object.entries(gate.hidden).find(([, value]) => !made.has(value.name));
  if (untouched) return `${untouched[0]} passes through unchanged`;
  const before = gates.slice(0, gates.indexOf(gate));
  const overlap = before.find((other) => [...gate.nodes].some((node) => other.nodes.has(node)));
  return overlap && `it overlaps ${overlap.from} → ${overlap.to}`;
}

/**
 * An output that stands before a gate in its session would, when it is read, run the gate before anybody has
 * decided on it: there the pass is cut where the gate begins.
 */
function cutBehindOutputs(
  split: SplitPass,
  needs: PassNeeds,
  reasons: ReadonlyMap<string, unknown>,
  from: string,
  cut: (station: string, why: string) => void,
): void {
  const at = (name: string): number => split.positions.get(name)?.pass ?? 0;
  const lastCut = Math.max(0, ...[...reasons.keys()].map(at).filter((position) => position <= at(from)));
  for (const [station, who] of needs.outputs) {
    if (at(station) > lastCut && at(station) <= at(from)) cut(from, `${who.join(', ')} (reads ${station})`);
  }
}

/**
 * Values that leave a session because somebody looks at them or binds them. The embedding always does where
 * it is made once a step: it is what hooks of the trunk start from.
 */
function keptValues(
  graph: PassGraph,
  needs: PassNeeds,
  reasons: ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  const asked = graph.stations.filter((s) => reasons.has(s.name) || needs.outputs.has(s.name));
  const embed = graph.stations.find((s) => s.name === 'embed')?.values ?? {};
  const hoisted = Object.values(embed).filter((v) => graph.recorder.facts(v.name).lifetime !== 'pass');
  const values = [
    ...asked.flatMap((s) => Object.values(s.values)),
    ...Object.values(graph.outputs),
    ...hoisted,
  ];
  return new Set([...values.map((v) => v.name), ...graph.caches.map((cache) => cache.output.name)]);
}

/** Hoisted stretches, cut where the pass is, and where casts of mapped half-precision weights would grow past the bound. */
function hoistedRanges(
  graph: PassGraph,
  split: SplitPass,
  lasts: 'run' | 'step',
  marks: readonly number[],
  bounds: Bounds,
): readonly SpanRange[] {
  const ranges: { id: string; lasts: 'run' | 'step'; nodes: SplitPass['run'][number][]; gates: [] }[] = [];
  let held = 0;
  split[lasts].forEach((node, index) => {
    const adds = bounds.heldBytes(graph, split, node);
    const last = ranges.at(-1);
    if (!last || marks.includes(index) || (held + adds > bounds.maxHeldBytes && held > 0)) {
      ranges.push({ id: `${graph.form}/${lasts}.${ranges.length}`, lasts, nodes: [node], gates: [] });
      held = adds;
    } else {
      last.nodes.push(node);
      held += adds;
    }
  });
  return ranges;
}

function endName(
  line: readonly Station[],
  split: SplitPass,
  reasons: ReadonlyMap<string, unknown>,
  end: number,
): string {
  const here = line.filter((station) => split.positions.get(station.name)?.pass === end);
  return (here.find((station) => reasons.has(station.name)) ?? here.at(-1))?.name ?? String(end);
}

/** A jump may leave nothing undone that is read later, but for the hidden streams it brings. */
function checkJump(graph: PassGraph, split: SplitPass, jump: PassNeeds['jumps'][number]): void {
  const [from, to] = [jump.from, jump.to].map((name) => split.positions.get(name)?.pass ?? 0) as [
    number,
    number,
  ];
  const [first, last] = [jump.from, jump.to].map((name) => graph.stations.findIndex((s) => s.name === name));
  const hidden = graph.stations.find((station) => station.name === jump.to)?.values ?? {};
  const brought = new Set(Object.values(hidden).map((value) => value.name));
  const skipped = new Set(split.pass.slice(from, to).flatMap((node) => node.outputs));
  const missing = split.pass
    .slice(to)
    .flatMap((node) => node.inputs)
    .find((input) => skipped.has(input) && !brought.has(input));
  if (!missing && (first ?? 0) < (last ?? 0)) return;
  throw new SkipstoneError({
    code: 'plan-jump',
    what: `${jump.who}: a pass cannot jump from ${jump.from} to ${jump.to}`,
    have: missing
      ? `${missing} is made in between and read later`
      : 'the second does not lie after the first',
    need: 'two hidden stations in the order of the pass, with nothing but hidden streams alive at the second',
    do: 'jump between ends of blocks (blocks.<i>, embed, trunk)',
  });
}
