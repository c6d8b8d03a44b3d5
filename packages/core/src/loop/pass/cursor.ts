import { nearestName, SkipstoneError } from '../../error.js';
import type { Crossing } from '../../plan/cut/crossing.js';
import type { Gate } from '../../plan/cut/gate.js';
import type { PassPlan } from '../../plan/cut/pass-plan.js';
import type { Span } from '../../plan/cut/span.js';
import type { StationPlan } from '../../plan/cut/station-plan.js';
import { isRead } from '../../plan/cut/ties.js';
import type { Cursor as CursorContract } from '../../spec/plugin.js';
import type { Streams, Tensor } from '../../spec/tensor.js';
import {
  isVirtual,
  type TensorStore,
  VIRTUAL_ID,
  type VirtualTensor,
  virtualError,
} from '../memory/store.js';
import type { Env } from './pass-means.js';

export interface CursorMeans {
  /** Computes one span. */
  readonly run: (span: Span, closed: ReadonlyMap<string, Streams>) => void;
  /** A value that is computed once a run or a step, computed now if need be. */
  readonly hoisted: (name: string) => Tensor | undefined;
  readonly store: TensorStore;
  readonly pass: PassPlan;
  readonly env: Env;
  /** Spans that ran for this pass, hoisted ones first. */
  readonly spans: string[];
  /** Where another branch stood: what lies before it need not be computed to get past it. */
  readonly start?: { readonly station: string; readonly hidden: Streams };
  /** Stations that later branches go on from: their values stay until the pass is closed. */
  readonly forks?: readonly string[];
}

/**
 * Where a pass stands. `at` is where it stands for those who look; `ran` counts the spans that were
 * computed, which may be further on (the station lies inside a span that had to run) or, where nothing was
 * looked at, further back.
 */
export class Cursor implements CursorContract {
  private order = 0;
  private ran = 0;
  private readonly closed = new Map<string, Streams>();
  /** Tensors that somebody outside has seen or given: they stay until the step ends. */
  private readonly seen = new Set<number>();
  /** Names of the values that later branches go on from. */
  private readonly forked: ReadonlySet<string>;

  constructor(private readonly means: CursorMeans) {
    const values = (means.forks ?? []).flatMap((name) => Object.values(this.station(name).values));
    this.forked = new Set(values.map(({ name }) => name));
  }

  get at(): string {
    const { stations } = this.means.pass;
    for (const station of stations.values()) if (station.order === this.order) return station.name;
    return 'start';
  }

  /** Spans that ran, and gates that were closed, for the ledger. */
  get done(): { readonly spans: readonly string[]; readonly closed: readonly string[] } {
    return { spans: this.means.spans, closed: [...this.closed.keys()] };
  }

  async advance(name: string): Promise<Streams> {
    const station = this.station(name);
    if (station.boundary || station.visible) this.runTo(station.after);
    const values = this.valuesAt(station);
    if (station.order < this.order && Object.values(values).some(isVirtual)) throw passedBy(this.at, name);
    this.order = Math.max(this.order, station.order);
    if (station.watched) for (const { id } of Object.values(values)) this.seen.add(id);
    return values;
  }

  async jump(name: string, hidden: Streams): Promise<Streams> {
    const station = this.station(name);
    if (station.order < this.order) throw passedBy(this.at, name);
    const stands = this.stands(station, hidden);
    if (!stands) checkHidden(station, hidden);
    const gate = stands ? undefined : this.openGate(station);
    if (gate) {
      this.closed.set(gate.open, hidden);
    } else if (!stands) {
      if (!station.boundary || this.ran > station.after) throw noWay(this.at, name, this.means.pass);
      this.enter(station, hidden);
    }
    if (!stands) for (const { id } of Object.values(hidden)) this.seen.add(id);
    this.order = station.order;
    return hidden;
  }

  /** Predictions, `[A, P]`, of all that is left to compute. */
  async finish(): Promise<Streams> {
    this.runTo(this.means.pass.pass.length);
    return this.valuesAt(this.station('end'));
  }

  /** Ends the pass: frees what it made, but for its prediction and what somebody has seen. */
  close(): void {
    this.drop(() => true);
  }

  /** The hidden streams of a station, if this pass computed them and has them still. */
  computed(name: string): Streams | undefined {
    const station = this.station(name);
    const values = Object.entries(station.values).map(
      ([stream, v]) => [stream, this.means.env.get(v.name)] as const,
    );
    if (this.ran < station.after || values.some(([, tensor]) => !tensor)) return undefined;
    return this.valuesAt(station);
  }

  private runTo(after: number): void {
    const { run, pass, start } = this.means;
    const fork = start && this.station(start.station);
    if (start && fork && this.ran < fork.after && fork.after <= after) this.enter(fork, start.hidden);
    for (; this.ran < after; this.ran++) {
      const span = pass.pass[this.ran];
      if (!span) return;
      run(span, this.closed);
      this.drop((crossing) => isRead(crossing, this.ran, this.forked));
    }
  }

  /** Puts hidden streams where the pass goes on reading them. */
  private enter(station: StationPlan, hidden: Streams): void {
    this.ran = station.after;
    for (const [stream, value] of Object.entries(station.values)) {
      const given = hidden[stream];
      if (given) this.means.env.set(value.name, given);
    }
  }

  /** Frees values that live between spans, but for those that somebody has seen or given. */
  private drop(gone: (crossing: Crossing) => boolean): void {
    const { pass, env, store } = this.means;
    for (const crossing of pass.crossings) {
      const { name } = crossing.port;
      const tensor = env.get(name);
      if (!tensor || this.seen.has(tensor.id) || !gone(crossing)) continue;
      env.delete(name);
      store.drop(tensor);
    }
  }

  /** A gate that ends at this station, in a span that has not run, entered from no later than its start. */
  private openGate(station: StationPlan): Gate | undefined {
    const { pass } = this.means;
    const gates = pass.pass.slice(this.ran).flatMap((span) => span.gates);
    return gates.find(
      (gate) => gate.to === station.name && (pass.stations.get(gate.from)?.order ?? -1) >= this.order,
    );
  }

  /** True if these are the very streams the pass has at the station: nothing needs to be brought. */
  private stands(station: StationPlan, hidden: Streams): boolean {
    return Object.entries(hidden).every(([stream, tensor]) => {
      if (isVirtual(tensor)) return tensor.station === station.name;
      const name = station.values[stream]?.name ?? '';
      return (this.means.env.get(name) ?? this.means.hoisted(name))?.id === tensor.id;
    });
  }

  private valuesAt(station: StationPlan): Streams {
    return Object.fromEntries(
      Object.entries(station.values).map(([stream, value]): [string, Tensor] => {
        const { env, hoisted } = this.means;
        const tensor = this.ran >= station.after ? (env.get(value.name) ?? hoisted(value.name)) : undefined;
        if (tensor) return [stream, tensor];
        return [
          stream,
          { id: VIRTUAL_ID, type: value.type, shape: [], station: station.name } as VirtualTensor,
        ];
      }),
    );
  }

  private station(name: string): StationPlan {
    const { stations } = this.means.pass;
    const found = stations.get(name);
    if (found) return found;
    throw new SkipstoneError({
      code: 'cursor-station',
      what: `a pass has no station ${name}`,
      have: `${stations.size} stations`,
      need: 'a station of the model',
      do: `did you mean ${nearestName(name, stations.keys())}?`,
    });
  }
}

/** Every stream of the station, as wide as it is there. */
function checkHidden(station: StationPlan, hidden: Streams): void {
  for (const [stream, value] of Object.entries(station.values)) {
    const given = hidden[stream];
    if (given && isVirtual(given)) throw virtualError(given);
    const width = value.shape.slice(1).join(', ');
    if (given?.shape.slice(1).join(', ') === width) continue;
    throw new SkipstoneError({
      code: 'cursor-hidden',
      what: `a pass cannot go on from ${station.name} with the streams it is given`,
      have: `${stream} ${given ? `[${given.shape.join(', ')}]` : 'missing'}`,
      need: `${Object.keys(station.values).join(' and ')}, ${stream} as [A, ${width}]`,
      do: 'hand on every stream in the shape that the station has it',
    });
  }
}

function passedBy(at: string, to: string): SkipstoneError {
  return new SkipstoneError({
    code: 'cursor-back',
    what: `a pass at ${at} cannot go back to ${to}`,
    have: 'a station that was jumped over, or whose value nobody asked to see',
    need: 'a station further on, or one behind that was computed and is among needs.cuts or outputs',
    do: 'look before you jump, or put this plugin outside of the one that jumps',
  });
}

function noWay(at: string, to: string, pass: PassPlan): SkipstoneError {
  const cuts = [...pass.stations.values()]
    .filter((s) => s.boundary && s.kind === 'hidden')
    .map((s) => s.name);
  return new SkipstoneError({
    code: 'cursor-jump',
    what: `a pass cannot jump from ${at} to ${to}`,
    have: `it can go on from ${cuts.join(', ')}`,
    need: `a cut or a gate that ends at ${to}, not yet computed`,
    do: `declare { from: '${at}', to: '${to}' } in the plugin's needs.jumps`,
  });
}
