import { SkipstoneError } from '../error.js';
import { strictJson } from './strict-json.js';

/** Index object, weight map; metadata may nest a little. */
const DEPTH = 8;

/**
 * Reads a `*.safetensors.index.json`: the file name that holds each tensor. Names lead downwards only:
 * an index is downloaded text and must not be able to point elsewhere on the machine.
 */
export function parseIndex(text: string, path: string): ReadonlyMap<string, string> {
  const parsed = strictJson(text, DEPTH);
  if ('fault' in parsed) throw malformed(path, `JSON that ${parsed.fault}`);
  const map = isRecord(parsed.value) ? parsed.value.weight_map : undefined;
  if (!isRecord(map)) throw malformed(path, 'no weight_map');
  const fileNameOf = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string') throw malformed(path, `'${tensor}' in ${JSON.stringify(file)}`);
    if (!leadsDown(file)) throw escapes(path, tensor, file);
    fileNameOf.set(tensor, file);
  }
  if (fileNameOf.size === 0) throw malformed(path, 'an empty weight_map');
  return fileNameOf;
}

/** True for `a.safetensors` and `sub/a.safetensors`; false for `..`, absolute, drive and Windows paths. */
function leadsDown(name: string): boolean {
  if (/[\\:\0]/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(path: string, have: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-index',
    what: `${path} is not an index of safetensors files`,
    have,
    need: '{ "weight_map": { tensor: file, … } }, each tensor once',
    do: 'download it again, or open the .safetensors files themselves',
  });
}

function escapes(path: string, tensor: string, file: string): SkipstoneError {
  return new SkipstoneError({
    code: 'checkpoint-path',
    what: `${path} points outside its folder`,
    have: `'${tensor}' in ${JSON.stringify(file)}`,
    need: 'file names below the folder of the index, with / between parts',
    do: 'do not use this file; open the .safetensors files themselves if you trust them',
  });
}
