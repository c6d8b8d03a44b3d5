/** What a video's time goes to, in the order of a run. */
export const PARTS = [
  'open',
  'self-test',
  'encode',
  'plan',
  'denoise',
  'save',
  'decode',
  'write',
  'reference',
  'report',
] as const;

export type Part = (typeof PARTS)[number];

/** One clock: whatever goes on is one part, and entering another ends it. */
export interface TimeSheet {
  enter(part: Part): void;
  stop(): void;
  /** Milliseconds by part; parts never entered are absent. */
  readonly ms: ReadonlyMap<Part, number>;
}

export function timeSheet(now: () => number = () => performance.now()): TimeSheet {
  const ms = new Map<Part, number>();
  let going: { readonly part: Part; readonly since: number } | undefined;
  const stop = (): void => {
    if (going) ms.set(going.part, (ms.get(going.part) ?? 0) + now() - going.since);
    going = undefined;
  };
  return {
    enter: (part) => {
      stop();
      going = { part, since: now() };
    },
    stop,
    ms,
  };
}

/** A table: part, time, and a remark where there is one. */
export function timeTable({ ms }: TimeSheet, remarks: Readonly<Partial<Record<Part, string>>>): string {
  const total = [...ms.values()].reduce((sum, part) => sum + part, 0);
  const rows = PARTS.flatMap((part): [string, number, string][] => {
    const spent = ms.get(part);
    return spent === undefined ? [] : [[part, spent, remarks[part] ?? '']];
  });
  return [...rows, ['total', total, ''] as const]
    .map(([part, spent, remark]) => `  ${part.padEnd(10)}${time(spent).padStart(9)}  ${remark}`.trimEnd())
    .join('\n');
}

/** Milliseconds as a person reads them. */
export function time(ms: number): string {
  const seconds = ms / 1000;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (seconds < 99.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}
