/** Why a text was refused: in words that complete "the JSON …". */
export type JsonFault = { readonly fault: string };

/**
 * JSON.parse with two guards it lacks, checked before it runs: no object has the same key twice (JSON.parse
 * keeps the last without a word) and nothing nests deeper than `depth` (a header of `[[[[…` costs memory).
 */
export function strictJson(text: string, depth: number): { readonly value: unknown } | JsonFault {
  const fault = scan(text, depth);
  if (fault !== undefined) return { fault };
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return { fault: `cannot be parsed: ${error instanceof Error ? error.message.slice(0, 120) : ''}` };
  }
}

/**
 * JSON as Python writes it: `Infinity` and `-Infinity` are those numbers. Schedulers of diffusers say
 * `"lambda_min_clipped": -Infinity`.
 */
export function parseJson(text: string): unknown {
  const plain = text.replace(/"(?:\\.|[^"\\])*"|-?\bInfinity\b/g, (found) => PYTHON[found] ?? found);
  return JSON.parse(plain) as unknown;
}

const PYTHON: Readonly<Record<string, string>> = { Infinity: '1e999', '-Infinity': '-1e999' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

/** Walks the text once. It only has to be right about texts that JSON.parse accepts afterwards. */
function scan(text: string, depth: number): string | undefined {
  /** Keys seen in each open object; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = closingQuote(text, i);
        const keys = open.at(-1);
        if (keyNext && keys !== undefined) {
          const key = unquoted(text.slice(i, end + 1));
          if (key === undefined) return 'cannot be parsed: a key is not a valid string';
          if (keys.has(key)) return `has the key '${key}' twice in one object`;
          keys.add(key);
          keyNext = false;
        }
        i = end;
        break;
      }
      case OPEN_OBJECT:
        open.push(new Set());
        keyNext = true;
        break;
      case OPEN_ARRAY:
        open.push(undefined);
        keyNext = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        keyNext = false;
        break;
      case COMMA:
        keyNext = open.at(-1) !== undefined;
        break;
    }
    if (open.length > depth) return `nests deeper than ${depth}`;
  }
  return undefined;
}

function closingQuote(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === BACKSLASH) i++;
    else if (unit === QUOTE) return i;
  }
  return text.length;
}

/** The string a JSON literal stands for, so that `"a"` and `"\u0061"` count as one key. */
function unquoted(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
