import { SkipstoneError } from '../error.js';
import { defaultFiles } from './default-files.js';
import { type Files, withSource } from './files.js';
import { foreignFile, KIND_BYTES } from './foreign-file.js';
import { parseJson } from './strict-json.js';

/** Far above real configurations (about a kilobyte). */
const LARGEST_BYTES = 2 ** 20;

/** Reads a small JSON file: a configuration of a model. */
export async function readJson(path: string, given?: Files, largestBytes = LARGEST_BYTES): Promise<unknown> {
  const files = await defaultFiles(given);
  if ((await files.kind(path)) !== 'file') {
    throw fault(path, 'there is no such file', 'a JSON file', 'complete the download');
  }
  return withSource(files, path, async (source) => {
    if (source.size > largestBytes) {
      throw fault(path, `${source.size} bytes`, `at most ${largestBytes} bytes`, 'download it again');
    }
    const bytes = await source.read(0, source.size);
    try {
      return parseJson(new TextDecoder().decode(bytes));
    } catch (error) {
      const other = foreignFile(bytes.subarray(0, KIND_BYTES), source.size, path, 'JSON');
      if (other) throw other;
      const have = error instanceof Error ? error.message.slice(0, 120) : 'an unreadable file';
      throw fault(path, have, 'a JSON file', 'download it again', error);
    }
  });
}

function fault(path: string, have: string, need: string, todo: string, cause?: unknown): SkipstoneError {
  const what = `${path}: this configuration cannot be read`;
  return new SkipstoneError({ code: 'model-config-file', what, have, need, do: todo, cause });
}
