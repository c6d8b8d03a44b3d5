import { SkipstoneError } from '../error.js';
import type { PassGraph, RowCache, Station } from '../graph/pass-graph.js';
import type { Value } from '../spec/pass.js';
import type { Streams } from '../spec/tensor.js';
import { applyBounds, type Bounds } from './bounds.js';
import { type Gate, makeGate } from './gate.js';
import type { PassNeeds } from './needs.js';
import { cutSpans, type Span, type SpanRange } from './span.js';
import { type SplitPass, splitPass } from './split.js';

/** One variant of a pass, cut: what is compiled, and where each station is found. */
export interface PassPlan {
  readonly form: string;
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
  const split = splitPass(graph);
  const line = graph.stations;
  const reasons = new Map<string, string[]>();
  const cut = (station: string, why: string): void => {
    const list = reasons.get(station) ?? [];
    if (!list.includes(why)) reasons.set(station, [...list, why]);
  };
  for (const [station, who] of needs.cuts) for (const name of who) cut(station, name);
  applyBounds(graph, split, bounds, cut);
  const { gates, notes } = chooseGates(graph, split, needs, reasons, cut);
  const position = (name: string): number => split.positions.get(name) ?? 0;
  const ends = new Set([...reasons.keys()].map(position).filter((p) => p > 0 && p < split.pass.length));
  const marks = [...ends, split.pass.length].sort((a, b) => a - b);
  const pass = marks.map((end, index): SpanRange => {
    const nodes = split.pass.slice(marks[index - 1] ?? 0, end);
    const inside = gates.filter((gate) => nodes.some((node) => gate.nodes.has(node)));
    return {
      id: `${graph.form}/${endName(line, split, reasons, end)}`,
      lasts: 'pass',
      nodes,
      gates: inside,
    };
  });
  const hoisted = (['run', 'step'] as const).flatMap((lasts) => hoistedRanges(graph, split, lasts, bounds));
  const kept = keptValues(graph, needs, reasons);
  const spans = cutSpans(graph, split, [...hoisted, ...pass], kept);
  const stations = line.map((station, order): StationPlan => {
    const at = position(station.name);
    const stop = reasons.has(station.name) || at === 0 || at === split.pass.length;
    const boundary = stop || ends.has(at);
    const after = at === 0 ? 0 : marks.findIndex((end) => end >= at) + 1;
    const values = Object.values(station.values);
    const visible = values.every((v) => kept.has(v.name) || leaves(spans, v.name));
    const watched = needs.cuts.has(station.name) || needs.outputs.has(station.name) || at === 0;
    const { name, kind } = station;
    return { name, kind, order, position: station.position, after, boundary, watched, visible, values: station.values };
  });
  const plan = {
    form: graph.form,
    run: spans.filter((span) => span.lasts === 'run'),
    step: spans.filter((span) => span.lasts === 'step'),
    pass: spans.filter((span) => span.lasts === 'pass'),
    stations: new Map(stations.map((station) => [station.name, station])),
    caches: graph.caches,
    outputs: graph.outputs,
    reasons,
    notes,
  };
  for (const jump of needs.jumps) checkJump(graph, split, jump);
  return plan;
}

const leaves = (spans: readonly Span[], name: string): boolean =>
  spans.some((span) => span.graph.outputs.some((port) => port.name === name));

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
  const position = (name: string): number => split.positions.get(name) ?? 0;
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

/** Values that leave a session because somebody looks at them or binds them. */
function keptValues(
  graph: PassGraph,
  needs: PassNeeds,
  reasons: ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  const seen = graph.stations.filter((s) => reasons.has(s.name) || needs.outputs.has(s.name));
  const values = [...seen.flatMap((s) => Object.values(s.values)), ...Object.values(graph.outputs)];
  return new Set([...values.map((v) => v.name), ...graph.caches.map((cache) => cache.output.name)]);
}

/** Hoisted stretches, cut where casts of mapped half-precision weights would grow past the bound. */
function hoistedRanges(
  graph: PassGraph,
  split: SplitPass,
  lasts: 'run' | 'step',
  bounds: Bounds,
): readonly SpanRange[] {
  const ranges: { id: string; lasts: 'run' | 'step'; nodes: SplitPass['run'][number][]; gates: [] }[] = [];
  let held = 0;
  for (const node of split[lasts]) {
    const adds = bounds.heldBytes(graph, split, node);
    const last = ranges.at(-1);
    if (!last || (held + adds > bounds.maxHeldBytes && held > 0)) {
      ranges.push({ id: `${graph.form}/${lasts}.${ranges.length}`, lasts, nodes: [node], gates: [] });
      held = adds;
    } else {
      last.nodes.push(node);
      held += adds;
    }
  }
  return ranges;
}

function endName(
  line: readonly Station[],
  split: SplitPass,
  reasons: ReadonlyMap<string, unknown>,
  end: number,
): string {
  const here = line.filter((station) => split.positions.get(station.name) === end);
  return (here.find((station) => reasons.has(station.name)) ?? here.at(-1))?.name ?? String(end);
}

/** A jump may leave nothing undone that is read later, but for the hidden streams it brings. */
function checkJump(graph: PassGraph, split: SplitPass, jump: PassNeeds['jumps'][number]): void {
  const [from = 0, to = 0] = [split.positions.get(jump.from), split.positions.get(jump.to)];
  const hidden = graph.stations.find((station) => station.name === jump.to)?.values ?? {};
  const brought = new Set(Object.values(hidden).map((value) => value.name));
  const skipped = new Set(split.pass.slice(from, to).flatMap((node) => node.outputs));
  const missing = split.pass
    .slice(to)
    .flatMap((node) => node.inputs)
    .find((input) => skipped.has(input) && !brought.has(input));
  if (!missing && from < to) return;
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
