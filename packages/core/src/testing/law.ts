/**
 * A law is a sentence that must hold, and a check that throws where it does not. Laws know no test runner:
 * `for (const law of pluginLaws(…)) it(law.name, law.check)`.
 */
export interface Law {
  readonly name: string;
  readonly check: () => Promise<void>;
}

/** Throws with what was found instead. */
export function hold(condition: boolean, found: string): void {
  if (!condition) throw new Error(found);
}
