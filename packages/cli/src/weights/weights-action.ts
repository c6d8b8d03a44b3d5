import {
  clearSidecars,
  listSidecars,
  nearestName,
  type Sidecar,
  SkipstoneError,
  sidecarFolder,
} from '@skipstone/core';
import { EXIT } from '../exit.js';
import { atWork } from '../exit-code.js';
import { makeSidecars } from './make-sidecars.js';
import { size } from './size.js';
import type { WeightsFlags } from './weights-flags.js';

/** Does what `skipstone weights ACTION` says; gives the exit code. */
export async function weightsAction(action: string, flags: WeightsFlags): Promise<number> {
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (!act) throw unknownAction(action);
  if (action !== 'make') refuseMakeFlags(action, flags);
  return act(flags.folder ?? (await sidecarFolder()), flags);
}

const ACTIONS: Readonly<Record<string, (folder: string, flags: WeightsFlags) => Promise<number>>> = {
  list,
  make: makeSidecars,
  clear,
};

async function list(folder: string): Promise<number> {
  const sidecars = await listSidecars(folder);
  print(`${folder}: ${count(sidecars)}`);
  for (const { model, form, bytes, fingerprint } of sidecars) {
    const what = `  ${(model ?? 'damaged').padEnd(24)} ${form}`.padEnd(46);
    print(`${what}${size(bytes).padStart(9)}  ${fingerprint.slice(0, 12)}`);
  }
  return EXIT.ok;
}

async function clear(folder: string): Promise<number> {
  print(`${folder}: removed ${count(await atWork(() => clearSidecars(folder)))}`);
  return EXIT.ok;
}

function count(sidecars: readonly Sidecar[]): string {
  const bytes = sidecars.reduce((sum, sidecar) => sum + sidecar.bytes, 0);
  return sidecars.length === 1 ? `1 file, ${size(bytes)}` : `${sidecars.length} files, ${size(bytes)}`;
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

function refuseMakeFlags(action: string, { model, variant, adapter, bits }: WeightsFlags): void {
  const typed = Object.entries({
    '--model': model,
    '--variant': variant,
    '--adapter': adapter,
    '--bits': bits,
  });
  const [flag] = typed.find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new SkipstoneError({
    code: 'usage',
    what: `skipstone weights ${action}: ${flag} says nothing here`,
    have: flag,
    need: '--folder, or no options: it is about every file in the folder',
    do: `leave ${flag} out`,
  });
}

function unknownAction(action: string): SkipstoneError {
  const known = Object.keys(ACTIONS);
  return new SkipstoneError({
    code: 'usage',
    what: `skipstone weights: there is no action '${action}'`,
    have: action,
    need: known.join(', '),
    do: `did you mean 'skipstone weights ${nearestName(action, known)}'?`,
  });
}
