import { SkipstoneError } from '../error.js';
import { isPickle, pickleFault } from './pickle.js';

/** Bytes from the start of a file that tell what it is. */
export const KIND_BYTES = 512;

/** What a file was taken for. */
type Wanted = 'weights' | 'JSON';

interface Kind {
  /** Completes "PATH is …". */
  readonly is: string;
  readonly have: string;
  readonly do: string;
}

/**
 * What a file is that could not be read as weights or JSON, told from its first bytes, and the way out;
 * `undefined` where they tell nothing. Asked only where reading fails: two of these beginnings are lengths
 * of safetensors headers too. `head`: `KIND_BYTES` of the file, or all of it.
 */
export function foreignFile(
  head: Uint8Array,
  fileBytes: number,
  path: string,
  wanted: Wanted,
): SkipstoneError | undefined {
  const text = String.fromCharCode(...head);
  const zip = text.startsWith(ZIP) && text.includes('data.pkl');
  if (zip || PICKLES.some((start) => text.startsWith(start))) return pickleFault(path);
  const kind = binaryKind(text, fileBytes) ?? textKind(text, utf8(head), wanted);
  if (kind === undefined) return undefined;
  const need = wanted === 'JSON' ? 'a JSON file' : 'the weights themselves, as .safetensors';
  const { is, have, do: remedy } = kind;
  return new SkipstoneError({ code: 'file-kind', what: `${path} is ${is}`, have, need, do: remedy });
}

/** Endings of files with weights that are not read: named where a folder has nothing else. */
export const isForeignWeights = (name: string): boolean => isPickle(name) || name.endsWith('.gguf');

const ZIP = 'PK\x03\x04';
/** The first opcode of a pickle, and protocols 2 to 5. */
const PICKLES = ['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'];
/** Zip, gzip, 7z, rar. */
const ARCHIVES = [ZIP, '\x1f\x8b', '7z\xbc\xaf', 'Rar!'];

const AGAIN = 'download it again';

function binaryKind(text: string, fileBytes: number): Kind | undefined {
  if (fileBytes === 0) return { is: 'empty', have: '0 bytes', do: AGAIN };
  if (text.startsWith('GGUF')) {
    return {
      is: 'a GGUF file, which is not read',
      have: "blocks of llama.cpp's own forms",
      do: "download the model's .safetensors (bf16 or fp8); --precision int8 or int4 makes weights as small from it",
    };
  }
  if (ARCHIVES.some((start) => text.startsWith(start))) {
    return {
      is: 'a packed archive',
      have: `${fileBytes} bytes, packed`,
      do: 'unpack it, and name what was in it',
    };
  }
  if (text === '\0'.repeat(text.length)) {
    return { is: 'zeros where it should begin', have: 'the room for a file, not its content', do: AGAIN };
  }
  return undefined;
}

/** `text`: its bytes as characters; `proper`: the text they are, if they are nothing else. */
function textKind(text: string, proper: string | undefined, wanted: Wanted): Kind | undefined {
  const have = JSON.stringify((proper ?? text).trim().slice(0, 80));
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const bytes = /^size (\d+)$/m.exec(text)?.[1];
    return {
      is: 'a Git LFS pointer: the file it stands for is not here',
      have: `${text.length} bytes that stand for ${bytes ?? 'more'}`,
      do: 'run `git lfs install` and `git lfs pull` in its folder, or download the file itself',
    };
  }
  if (/^\s*<(!doctype|html|head|body|\?xml)/i.test(text)) {
    return {
      is: 'a web page',
      have,
      do: 'download the file itself (a link with /resolve/ in it, not /blob/), signed in where the model asks for it',
    };
  }
  if (wanted === 'JSON' || proper === undefined) return undefined;
  const is = /^\s*[{[]/.test(text) ? 'JSON, not weights' : 'text, not weights';
  return { is, have, do: `${AGAIN}: where it is the answer of a server, it says what was wrong` };
}

/** The text of bytes that are nothing but text; the last character may be cut. */
function utf8(head: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(head).replace(/\ufffd$/, '');
  const isText = [...text].every((c) => c >= ' ' || '\t\n\r'.includes(c));
  return isText && !text.includes('\ufffd') ? text : undefined;
}
