import { decodeHTML } from 'entities';

/**
 * What ftfy's `fix_text` does to text that was decoded well: line by line, entities are resolved where there is no tag,
 * ligatures, wide and narrow letters and curly quotes are made plain, terminal sequences and control characters go, and
 * letters are composed (NFC). What it also does is left out: it guesses at text that was decoded wrongly ("Ã©" for "é").
 * Source: ftfy 6.3, https://ftfy.readthedocs.io.
 */
export function repaired(text: string): string {
  // Each line by itself: one with a tag keeps its entities, the others do not.
  return text
    .split(/(?<=\n)/)
    .map(line)
    .join('');
}

function line(text: string): string {
  const plain = text.includes('<') ? text : decodeHTML(text);
  return plain
    .replace(/[ĲĳŉǅǆǄǈǉǇǋǌǊǲǳǱﬀ-ﬆ]/gu, (ligature) => ligature.normalize('NFKC'))
    .replace(/[\u3000\uff01-\uffef]/gu, (letter) => letter.normalize('NFKC'))
    .replace(/[\u02bc\u2018-\u201b]/gu, "'")
    .replace(/[\u201c-\u201f]/gu, '"')
    .replace(/\r\n|[\r\u2028\u2029\x85]/gu, '\n')
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(TERMINAL, '')
    .replace(CONTROL, '')
    .normalize('NFC');
}

/** What tells a terminal its colours. */
const TERMINAL = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*[a-zA-Z]`, 'gu');

/** Control characters that stand for nothing; tabs, line breaks and form feeds stay. */
const CONTROL =
  /(?![\t\n\f\r])\p{Cc}|[\u206a-\u206f\ufeff\ufff9-\ufffc]|[\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu;
