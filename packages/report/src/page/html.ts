/** Text that may stand in a page as it is. */
export interface Html {
  readonly html: string;
}

type Part = string | number | undefined | Html | readonly Html[];

/**
 * A template of HTML. Texts and numbers that are put in are escaped, in attributes too, as long as these are in
 * double quotes; `Html` is not. `undefined` leaves nothing.
 */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const rendered = texts.map((text, i) => text + render(parts[i]));
  return { html: rendered.join('') };
}

/** Trusts a text, such as the SVG that a plot gives. */
export const raw = (text: string): Html => ({ html: text });

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  if ('html' in part) return part.html;
  return part.map((one) => one.html).join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

/** Bytes as an address that lies in the page itself. */
export const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`;
