/** What every error of Skipstone says: what happened, what we have, what is needed, what to do about it. */
export interface ErrorLines {
  /** Stable, kebab-case, for programs: `checkpoint-header`, `unknown-option`. */
  readonly code: string;
  readonly what: string;
  readonly have: string;
  readonly need: string;
  readonly do: string;
  readonly cause?: unknown;
}

/** The one error class. Its message is four lines; `lines` holds them apart for programs. */
export class SkipstoneError extends Error {
  readonly code: string;
  readonly lines: ErrorLines;

  constructor(lines: ErrorLines) {
    const { what, have, need } = lines;
    super(`${what}\n  have   ${have}\n  need   ${need}\n  do     ${lines.do}`, { cause: lines.cause });
    this.name = 'SkipstoneError';
    this.code = lines.code;
    this.lines = lines;
  }

  /** The same error with a label in front: where in a run it was thrown (plugin, hook, step). */
  relabelled(where: string): SkipstoneError {
    return new SkipstoneError({ ...this.lines, what: `${where}: ${this.lines.what}`, cause: this });
  }
}

/** The known name nearest to `name` (edit distance), for "did you mean". */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
