import { SkipstoneError } from '../error.js';
import type { PassGraph, RowCache, Station } from '../graph/pass-graph.js';
import type { Value } from '../spec/pass.js';
import type { Streams } from '../spec/tensor.js';
import { applyBounds, type Bounds } from './bounds.js';
import { type Gate, makeGate } from './gate.js';
import type { PassNeeds } from './needs.js';
import { cutSpans, type Span, type SpanRange } from './span.js';
import { type SplitPass, type Stretch, splitPass } from './split.js';

/** One variant of a pass, cut: what is compiled, and where each station is found. */
export interface PassPlan {
  readonly form: string;
  readonly split: SplitPass;
  /** Computed once a run and branch, in order. */
  readonly run: readonly Span[];
  /** Computed once a step for all branches, in order. */
  readonly step: readonly Span[];
  /** The pass itself, in order. One span where nobody looks inside. */
  readonly pass: readonly Span[];
  readonly stations: ReadonlyMap<string, StationPlan>;
  readonly caches: readonly RowCache[];
  readonly outputs: Streams<Value>;
  /** Why the pass is cut where it is, by station. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  /** What was asked for and done otherwise. */
  readonly notes: readonly string[];
}

export interface StationPlan {
  readonly name: string;
  readonly kind: Station['kind'];
  /** Place on the line of stations, and number of nodes before it. */
  readonly order: number;
  readonly position: number;
  /** Spans of the pass that have run when its values exist. */
  readonly after: number;
  /** True where a pass can stop and go on: a cut, or an end. */
  readonly boundary: boolean;
  /** True where somebody asked to see its values, so that they stay until the step ends. */
  readonly watched: boolean;
  /** True where its values leave a session. */
  readonly visible: boolean;
  readonly values: Streams<Value>;
}

/** Cuts one variant of a pass where needs and bounds say. */
export function planPass(graph: PassGraph, needs: PassNeeds, bounds: Bounds): PassPlan {
  const split = splitPass(graph, gateStretches(graph, needs));
  const reasons = new Map<string, string[]>();
  const cut = (station: string, why: string): void => {
    const list = reasons.get(station) ?? [];
    if (!list.includes(why)) reasons.set(station, [...list, why]);
  };
  for (const [station, who] of needs.cuts) for (const name of who) cut(station, name);
  applyBounds(graph, split, bounds, cut);
  const { gates, notes } = chooseGates(graph, split, needs, reasons, cut);
  for (const jump of needs.jumps) checkJump(graph, split, jump);
  const marks = marksOf(split, reasons, 'pass');
  const ranges = [
    ...hoistedRanges(graph, split, 'run', [], bounds),
    ...hoistedRanges(graph, split, 'step', marksOf(split, reasons, 'step'), bounds),
    ...passRanges(graph, split, marks, reasons, gates),
  ];
  const kept = keptValues(graph, needs, reasons);
  const spans = cutSpans(graph, split, ranges, kept);
  const seen = new Set([...kept, ...spans.flatMap((span) => span.graph.outputs.map((port) => port.name))]);
  const stations = stationPlans(graph, split, { needs, reasons, marks, seen });
  return {
    form: graph.form,
    split,
    run: spans.filter((span) => span.lasts === 'run'),
    step: spans.filter((span) => span.lasts === 'step'),
    pass: spans.filter((span) => span.lasts === 'pass'),
    stations: new Map(stations.map((station) => [station.name, station])),
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

interface Cuts {
  readonly needs: PassNeeds;
  readonly reasons: ReadonlyMap<string, unknown>;
  readonly marks: readonly number[];
  /** Values that leave a session. */
  readonly seen: ReadonlySet<string>;
}

function stationPlans(graph: PassGraph, split: SplitPass, cuts: Cuts): readonly StationPlan[] {
  const cutAt = new Set(graph.stations.filter((s) => cuts.reasons.has(s.name)).map((s) => s.position));
  return graph.stations.map(({ name, kind, position, values }, order) => {
    const at = split.positions.get(name)?.pass ?? 0;
    const after = at === 0 ? 0 : cuts.marks.findIndex((end) => end >= at) + 1;
    const boundary = cutAt.has(position) || name === 'start' || name === 'end';
    const visible = Object.values(values).every((v) => cuts.seen.has(v.name));
    const watched = cuts.needs.cuts.has(name) || cuts.needs.outputs.has(name);
    return { name, kind, order, position, after, boundary, watched, visible, values };
  });
}

/** Stretches that plugins may turn off before a pass begins, by the numbers of their nodes. */
function gateStretches(graph: PassGraph, needs: PassNeeds): readonly Stretch[] {
  const at = (name: string): number => graph.stations.find((s) => s.name === name)?.position ?? 0;
  return needs.jumps.flatMap(({ from, to, decided }) =>
    decided === 'before' ? [{ from: at(from), to: at(to) }] : [],
  );
}

/** Gates where the stretch is one session's own business; else cuts at both ends, with a note saying why. */
function chooseGates(
  graph: PassGraph,
  split: SplitPass,
  needs: PassNeeds,
  reasons: ReadonlyMap<string, readonly string[]>,
  cut: (station: string, why: string) => void,
): { gates: readonly Gate[]; notes: readonly string[] } {
  const gates: Gate[] = [];
  const notes: string[] = [];
  const position = (name: string): number => split.positions.get(name)?.pass ?? 0;
  for (const jump of needs.jumps) {
    const [from, to] = [position(jump.from), position(jump.to)];
    const inside = (name: string): boolean => position(name) > from && position(name) < to;
    const nodes = split.pass.slice(from, to);
    const watched = [...reasons.keys(), ...needs.outputs.keys()].find(inside);
    const cached = graph.caches.find((cache) =>
      nodes.some((node) => node.outputs.includes(cache.output.name)),
    );
    const overlap = gates.find((gate) => nodes.some((node) => gate.nodes.has(node)));
    const why =
      (watched && `${watched} lies inside`) ??
      (cached && 'keys and values inside are updated in place') ??
      (overlap && `it overlaps ${overlap.from} → ${overlap.to}`);
    if (jump.decided === 'before' && !why) {
      const hidden = graph.stations.find((station) => station.name === jump.to)?.values ?? {};
      gates.push(makeGate(jump.from, jump.to, nodes, hidden));
      continue;
    }
    if (why && jump.decided === 'before') {
      notes.push(`${jump.who}: the gate ${jump.from} → ${jump.to} became cuts: ${why}`);
    }
    cut(jump.from, jump.who);
    cut(jump.to, jump.who);
  }
  return { gates, notes };
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
