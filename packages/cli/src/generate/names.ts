import { basename, extname } from 'node:path';

const LONGEST_SLUG = 80;

/** A file name of a prompt: its letters and digits, cut off at a word. */
export function slugOf(text: string): string {
  const words = text
    .toLowerCase()
    .split(/[^\p{Letter}\p{Number}]+/u)
    .filter((word) => word !== '');
  let slug = '';
  for (const word of words) {
    const longer = slug === '' ? word.slice(0, LONGEST_SLUG) : `${slug}-${word}`;
    if (longer.length > LONGEST_SLUG) break;
    slug = longer;
  }
  return slug || 'video';
}

/** `clip.mp4` → `clip-2.mp4`, `frames/` → `frames-2/`, for the second of many; one alone keeps its name. */
export function numbered(path: string, index: number, count: number): string {
  if (count === 1) return path;
  const [, body = '', tail = ''] = /^(.*?)([\\/]*)$/s.exec(path) ?? [];
  const ending = extname(basename(body));
  return `${body.slice(0, body.length - ending.length)}-${index + 1}${ending}${tail}`;
}
