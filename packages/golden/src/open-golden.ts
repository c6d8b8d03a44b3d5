import {
  type Checkpoint,
  defaultFiles,
  type Files,
  nearestName,
  openCheckpoint,
  readNumbers,
  readTensor,
  SkipstoneError,
  type TensorEntry,
} from '@skipstone/core';
import { type CaseFile, DTYPES, parseCase, parseObject } from './case-file.js';
import { fileFinder, readText } from './folder-files.js';
import type { DeclaredTensor, Golden } from './golden.js';

/** Fields of a case that say where it came from and what was seen: for people to read, nothing to compute with. */
const PROVENANCE = ['reference', 'seed', 'peer', 'executed', 'notes', 'note', 'summary'];

export interface OpenGoldenOptions {
  /** Where to read from; Node's file system unless given. */
  readonly files?: Files;
}

/**
 * Opens a golden folder: `case.json`, `config.json`, `io.safetensors` and, when asked for,
 * `model.safetensors`. Checks that what is declared and what is stored agree; reads nothing outside.
 */
export async function openGolden(folder: string, options: OpenGoldenOptions = {}): Promise<Golden> {
  const files = await defaultFiles(options.files);
  const inside = await fileFinder(folder, files);
  const casePath = await inside('case.json');
  const { what, kind, tensors, ...rest } = parseCase(await readText(casePath, files), casePath);
  const fields = Object.fromEntries(Object.entries(rest).filter(([name]) => !PROVENANCE.includes(name)));
  // A whole pipeline has a configuration a part, and a tokenizer none.
  const whole = kind === 'pipeline' || kind === 'tokens';
  const configPath = whole ? undefined : await inside('config.json');
  const config = configPath === undefined ? {} : parseObject(await readText(configPath, files), configPath);
  const io = kind === 'tokens' ? NO_TENSORS : await openCheckpoint(await inside('io.safetensors'), { files });
  const declared = declaredTensors(tensors);
  assertAgree(folder, declared, io);
  return {
    folder,
    kind,
    what,
    fields,
    config,
    tensors: declared,
    path: inside,
    model: async () => openCheckpoint(await inside('model.safetensors'), { files }),
    input: async (name) => readTensor(inputEntry(folder, io, name), { files }),
    reference: async (name) => {
      const entry = io.tensors.get(name);
      return entry && { shape: entry.shape, data: await readNumbers(entry, { files }) };
    },
  };
}

const NO_TENSORS: Pick<Checkpoint, 'tensors'> = { tensors: new Map() };

function declaredTensors(tensors: CaseFile['tensors']): ReadonlyMap<string, DeclaredTensor> {
  return new Map(Object.entries(tensors).map(([name, [type, shape]]) => [name, { type, shape }]));
}

/** Type and shape as declared, nothing undeclared. A declared result that is not stored is found as a miss. */
function assertAgree(
  folder: string,
  declared: ReadonlyMap<string, DeclaredTensor>,
  io: Pick<Checkpoint, 'tensors'>,
): void {
  for (const entry of io.tensors.values()) {
    const { name } = entry;
    const said = declared.get(name);
    const have = `${entry.dtype} [${entry.shape.join(', ')}] in io.safetensors`;
    if (!said) throw disagree(folder, name, have, 'a tensor that case.json declares');
    if (DTYPES[said.type] !== entry.dtype || said.shape.join() !== entry.shape.join()) {
      throw disagree(folder, name, have, `${said.type} [${said.shape.join(', ')}], as case.json says`);
    }
  }
}

function inputEntry(folder: string, io: Pick<Checkpoint, 'tensors'>, name: string): TensorEntry {
  if (!/^in\./.test(name)) throw notAnInput(folder, name);
  const entry = io.tensors.get(name);
  if (entry) return entry;
  const inputs = [...io.tensors.keys()].filter((other) => other.startsWith('in.'));
  const near = nearestName(name, inputs);
  throw new SkipstoneError({
    code: 'golden-tensors',
    what: `${folder}: the case lacks an input`,
    have: inputs.join(', ') || 'no inputs',
    need: name,
    do: near === undefined ? 'record the case again' : `record the case again; the nearest is ${near}`,
  });
}

function notAnInput(folder: string, name: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-input',
    what: `${folder}: a result was asked for as an input`,
    have: name,
    need: 'in.*',
    do: 'compute it, and compare',
  });
}

function disagree(folder: string, name: string, have: string, need: string): SkipstoneError {
  return new SkipstoneError({
    code: 'golden-tensors',
    what: `${folder}: case.json and io.safetensors disagree about ${name}`,
    have,
    need,
    do: 'take both files from one recording',
  });
}
