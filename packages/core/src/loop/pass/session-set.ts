import { encodeModel } from '../../graph/encode.js';
import type { Span } from '../../plan/cut/span.js';
import { type PhasePlan, phaseSpans } from '../../plan/plan.js';
import { profilePrefix } from '../../session/profile.js';
import type { Room } from '../../session/room.js';
import { weightFolder } from './weight-folder.js';

/** The compiled sessions of one phase: a number for each span, some of which variants share. */
export class SessionSet {
  private readonly sessions = new Map<Span, number>();

  constructor(
    private readonly room: Room,
    phase: PhasePlan,
    weights: 'mapped' | 'packed',
    profile?: string,
  ) {
    const spans = phaseSpans(phase);
    const { folder, below } = weightFolder(spans);
    for (const span of spans) {
      const session = room.newId();
      this.sessions.set(span, session);
      const outputs = span.graph.outputs.map((port) => port.name);
      const model = encodeModel(span.graph, below);
      const written = profile === undefined ? {} : { profile: profilePrefix(profile, session, span.id) };
      const request = { session, label: span.id, model, folder, weights, outputs, ...written };
      room.post({ op: 'compile', session: request });
    }
  }

  of(span: Span): number {
    const session = this.sessions.get(span);
    if (session === undefined) throw new TypeError(`${span.id} is not a span of this phase`);
    return session;
  }

  release(): void {
    for (const session of this.sessions.values()) this.room.post({ op: 'release', session });
    this.sessions.clear();
  }
}
