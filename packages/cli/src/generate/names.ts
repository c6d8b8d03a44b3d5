import { basename, extname } from 'node:path';

/** Bytes of UTF-8: file systems take names of 255, and a seed and an ending come behind. */
const LONGEST_SLUG = 80;

/** A file name of a prompt: its letters and digits, cut off at a word. */
export function slugOf(text: string): string {
  const words = text
    .toLowerCase()
    .split(/[^\p{Letter}\p{Number}]+/u)
    .filter((word) => word !== '');
  let slug = '';
  for (const word of words) {
    const longer = slug === '' ? start(word) : `${slug}-${word}`;
    if (Buffer.byteLength(longer) > LONGEST_SLUG) break;
    slug = longer;
  }
  return slug || 'video';
}

/** As many letters of a long word as fit, each of them whole. */
function start(word: string): string {
  let fitting = '';
  for (const letter of word) {
    if (Buffer.byteLength(fitting + letter) > LONGEST_SLUG) break;
    fitting += letter;
  }
  return fitting;
}

/** `clip.mp4` → `clip-2.mp4`, `frames/` → `frames-2/`, for the second of many; one alone keeps its name. */
export function numbered(path: string, index: number, count: number): string {
  if (count === 1) return path;
  const [, body = '', tail = ''] = /^(.*?)([\\/]*)$/s.exec(path) ?? [];
  const ending = extname(basename(body));
  return `${body.slice(0, body.length - ending.length)}-${index + 1}${ending}${tail}`;
}
