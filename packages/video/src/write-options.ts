import { nearestName, SkipstoneError } from '@skipstone/core';
import type { Format } from './format-of.js';

/** How frames become a file. Every field may be left out. */
export interface WriteOptions {
  /**
   * Each pixel becomes a square of `scale` by `scale` pixels; an integer, 1 to 256. Left out, `.mp4` and
   * `.gif` take the smallest factor that brings the short side to 256 pixels, and PNG files keep the frames'
   * size.
   */
  readonly scale?: number;
  /** H.264 quantisation parameter, 10 (best) to 51 (smallest), for `.mp4`. */
  readonly quantisation?: number;
  /** Pixels between two frames of a contact sheet, 0 to 256, for `.png`. */
  readonly gapPixels?: number;
}

export const WRITE_DEFAULTS = {
  /** Origin: measured, see docs/decisions/video-encoding.md; no difference is visible at this value. */
  quantisation: 12,
  /** Thin, and even, so that sheets of even frames keep even sides. */
  gapPixels: 2,
} as const satisfies WriteOptions;

interface Rule {
  readonly least: number;
  readonly most: number;
  readonly formats: readonly Format[];
}

const RULES = {
  scale: { least: 1, most: 256, formats: ['mp4', 'gif', 'png', 'folder'] },
  quantisation: { least: 10, most: 51, formats: ['mp4'] },
  gapPixels: { least: 0, most: 256, formats: ['png'] },
} as const satisfies Record<keyof WriteOptions, Rule>;

/** Throws where an option is unknown, out of its range, or means nothing for the format. */
export function checkOptions(options: WriteOptions, format: Format): void {
  const rules: Readonly<Record<string, Rule | undefined>> = RULES;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const rule = Object.hasOwn(RULES, name) ? rules[name] : undefined;
    if (rule === undefined) throw unknownOption(name);
    if (!rule.formats.includes(format)) throw meaninglessOption(name, rule, format);
    if (!Number.isInteger(value) || value < rule.least || value > rule.most)
      throw outOfRange(name, value, rule);
  }
}

function unknownOption(name: string): SkipstoneError {
  const known = Object.keys(RULES);
  return new SkipstoneError({
    code: 'unknown-option',
    what: `write: there is no option '${name}'`,
    have: name,
    need: `one of ${known.join(', ')}`,
    do: `did you mean '${nearestName(name, known) ?? 'scale'}'?`,
  });
}

function meaninglessOption(name: string, rule: Rule, format: Format): SkipstoneError {
  return new SkipstoneError({
    code: 'write-option',
    what: `write: '${name}' has no meaning for this output`,
    have: `an output of the kind ${format}`,
    need: `an output of the kind ${rule.formats.join(' or ')}`,
    do: `leave '${name}' out, or name another kind of output`,
  });
}

function outOfRange(name: string, value: unknown, rule: Rule): SkipstoneError {
  return new SkipstoneError({
    code: 'write-option',
    what: `write: '${name}' is out of range`,
    have: String(value),
    need: `a whole number from ${rule.least} to ${rule.most}`,
    do: `pass another ${name}, or leave it out`,
  });
}
